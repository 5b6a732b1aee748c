#include "bw_planes_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

#define UNUSED __attribute__((unused))

/* Sums of two places (q4 and q5, q6 and q7 for the second line) at r1 and the bias r5 to q0. */
#define SUMS                                                                                                           \
    "vldrh.u16  q0, [r1, q3]         \n"                                                                               \
    "adds       r1, #8               \n"                                                                               \
    "vmladav.s8 r0, q0, q4           \n"                                                                               \
    "vmladav.s8 r2, q0, q5           \n"                                                                               \
    "vmladav.s8 r4, q0, q6           \n"                                                                               \
    "vmladav.s8 r6, q0, q7           \n"                                                                               \
    "vmov       q0[2], q0[0], r0, r4 \n"                                                                               \
    "vmov       q0[3], q0[1], r2, r6 \n"                                                                               \
    "vadd.i32   q0, q0, r5           \n"
#define STORE                                                                                                          \
    "vstrb.32   q0, [r3, q2]         \n"                                                                               \
    "add        r3, r10              \n"

/* After all pairs of places: a single one that is left, as one more turn of a loop. */
#define SINGLE(loop)                                                                                                   \
    "ldr        r0, [sp, #84]        \n"                                                                               \
    "cmp        r0, #0               \n"                                                                               \
    "beq        8f                   \n"                                                                               \
    "movs       r2, #0               \n"                                                                               \
    "str        r2, [sp, #84]        \n"                                                                               \
    "vmov       q5, q4               \n"                                                                               \
    "vmov       q7, q6               \n"                                                                               \
    "vldrw.u32  q2, [sp, #64]        \n"                                                                               \
    "movs       lr, #1               \n"                                                                               \
    "b          " loop "b            \n"

/* r1 windows, r3 output, r5 bias, r7 multiplier, r8 left shift, r9 zero point, r10 step of the output, r11 parameters,
 * r12 records; q1 multiplier, q2 places of the output, q3 of a window. On the stack: 0 low, 16 high, 32 which weight
 * each byte of a window has, 48 places of the output, 64 those of a single place, 80 channel, 84 single place left,
 * 88 blocks. */
__attribute__((naked, noinline)) void bw_planes_s8_mve_compute(UNUSED const bw_planes_s8_mve *p) {
    /* clang-format off */
    __asm__ volatile(
        "push       {r3-r11, lr}         \n"
        "vpush      {d8-d15}             \n"
        "sub        sp, #96              \n"
        "mov        r11, r0              \n"
        "ldrd       r0, r1, [r11, #52]   \n" /* low, high */
        "vdup.32    q0, r0               \n"
        "vdup.32    q1, r1               \n"
        "vstrw.32   q0, [sp]             \n"
        "vstrw.32   q1, [sp, #16]        \n"
        "ldrd       r0, r1, [r11, #28]   \n" /* along, across */
        "ldr        r2, [r11, #24]       \n"
        "cmp        r2, #2               \n"
        "it         lt                   \n"
        "movlt      r1, #0               \n" /* a single line is computed and stored twice */
        "movs       r2, #0               \n"
        "add        r3, r0, r1           \n"
        "vmov       q0[2], q0[0], r2, r1 \n"
        "vmov       q0[3], q0[1], r0, r3 \n"
        "vstrw.32   q0, [sp, #48]        \n"
        "vmov       q0[3], q0[1], r2, r1 \n"
        "vstrw.32   q0, [sp, #64]        \n"
        "lsl        r10, r0, #1          \n"
        "ldr        r0, [r11, #20]       \n" /* places */
        "lsrs       r0, r0, #1           \n"
        "str        r0, [sp, #88]        \n"
        "ldrd       r0, r1, [r11, #40]   \n" /* taps across and along: byte y of word x has weight x * across + y */
        "vidup.u8   q0, r2, #1           \n"
        "vmov.i8    q1, #3               \n"
        "vand       q1, q1, q0           \n"
        "vshr.u8    q0, q0, #2           \n"
        "vcmp.s8    lt, q0, r1           \n"
        "vpst                            \n"
        "vcmpt.s8   lt, q1, r0           \n"
        "vmul.i8    q0, q0, r0           \n"
        "vadd.i8    q0, q0, q1           \n"
        "vstrw.32   q0, [sp, #32]        \n"
        "ldrd       r0, r1, [r11, #12]   \n" /* plane, swapped: first and second strip as halves of a word */
        "lsls       r0, r0, #1           \n"
        "cmp        r1, #0               \n"
        "it         eq                   \n"
        "lsleq      r0, r0, #16          \n"
        "movs       r2, #0               \n"
        "mov        r1, #65537           \n"
        "vidup.u32  q3, r2, #4           \n"
        "vmul.i32   q3, q3, r1           \n"
        "vadd.i32   q3, q3, r0           \n"
        "ldr        r12, [r11, #4]       \n"
        "movs       r0, #0               \n"
        "1:                              \n" /* channel r0 */
        "str        r0, [sp, #80]        \n"
        "ldrd       r1, r2, [r11]        \n"
        "ldrd       r3, r4, [r11, #8]    \n"
        "add        r3, r0               \n"
        "lsrs       r2, r0, #1           \n"
        "add        r1, r1, r2, lsl #1   \n"
        "ands       r0, r0, #1           \n"
        "mla        r1, r0, r4, r1       \n"
        "ldr        r5, [r12], #4        \n"
        "ldr        r7, [r12], #4        \n"
        "ldrsb      r8, [r12], #1        \n"
        "ldr        r9, [r11, #48]       \n"
        "vldrw.u32  q1, [sp, #32]        \n"
        "ldr        r0, [r11, #36]       \n"
        "vpst                            \n"
        "vldrbt.u8  q4, [r12, q1]        \n"
        "add        r12, r0              \n"
        "movs       r0, #0               \n"
        "vmov       q5, q4               \n"
        "vshlc      q5, r0, #32          \n"
        "ldr        r0, [r11, #24]       \n"
        "vshl.i32   q6, q4, #8           \n"
        "vshl.i32   q7, q5, #8           \n"
        "cmp        r0, #2               \n"
        "bge        2f                   \n"
        "vmov       q6, q4               \n"
        "vmov       q7, q5               \n"
        "2:                              \n"
        "vldrw.u32  q2, [sp, #48]        \n"
        "ldr        r0, [r11, #60]       \n"
        "ldr        r2, [r11, #20]       \n"
        "ldr        r4, [sp, #88]        \n"
        "and        r2, r2, #1           \n"
        "str        r2, [sp, #84]        \n"
        "cbz        r0, 5f               \n"
        "vdup.32    q1, r7               \n"
        "rsb        r0, r8, #0           \n"
        "lsl        r9, r9, r0           \n"
        "wls        lr, r4, 4f           \n"
        "3:                              \n"
        SUMS
        "vqrdmlash.s32 q0, q1, r9        \n"
        "vrshl.s32  q0, r8               \n"
        "vqmovnb.s32 q0, q0              \n"
        "vqmovnb.s16 q0, q0              \n"
        STORE
        "le         lr, 3b               \n"
        "4:                              \n"
        SINGLE("3")
        "5:                              \n"
        "wls        lr, r4, 7f           \n"
        "6:                              \n"
        SUMS
        "vqrdmulh.s32 q0, q0, r7         \n"
        "vshr.s32   q1, q0, #31          \n"
        "vadd.i32   q0, q0, q1           \n"
        "vrshl.s32  q0, r8               \n"
        "vadd.i32   q0, q0, r9           \n"
        "vldrw.u32  q1, [sp]             \n"
        "vmax.s32   q0, q0, q1           \n"
        "vldrw.u32  q1, [sp, #16]        \n"
        "vmin.s32   q0, q0, q1           \n"
        STORE
        "le         lr, 6b               \n"
        "7:                              \n"
        SINGLE("6")
        "8:                              \n"
        "ldr        r0, [sp, #80]        \n"
        "adds       r0, #1               \n"
        "cmp        r0, #4               \n"
        "blt        1b                   \n"
        "add        sp, #96              \n"
        "vpop       {d8-d15}             \n"
        "pop        {r3-r11, pc}         \n");
    /* clang-format on */
}

void bw_planes_s8_mve_insert(const int8_t *first, const int8_t *second, int32_t step, int32_t count, int8_t *to,
                             int32_t plane) {
    int8_t *odd = to + plane;
    const int32_t four = 4 * step;
    int32_t zero = 0;
    __asm__ volatile("vidup.u32  q3, %[zero], #1      \n"
                     "vmul.i32   q3, q3, %[step]      \n"
                     "dlstp.32   lr, %[count]         \n"
                     "1:                              \n"
                     "vldrw.u32  q0, [%[first], q3]   \n"
                     "vldrw.u32  q1, [%[second], q3]  \n"
                     "add        %[first], %[four]    \n"
                     "add        %[second], %[four]   \n"
                     "vmovlb.u8  q2, q0               \n"
                     "vsli.16    q2, q1, #8           \n"
                     "vsri.16    q1, q0, #8           \n"
                     "vstrw.32   q2, [%[to]], #16     \n"
                     "vstrw.32   q1, [%[odd]], #16    \n"
                     "letp       lr, 1b               \n"
                     : [first] "+r"(first), [second] "+r"(second), [to] "+r"(to), [odd] "+r"(odd), [zero] "+Te"(zero)
                     : [step] "r"(step), [four] "r"(four), [count] "r"(count)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
}

void bw_planes_s8_mve_fill(int8_t *strip, int32_t size, int32_t line, int32_t value) {
    const int32_t other = line ? 0x00FF : 0xFF00, bytes = line ? value * 256 : value & 0xFF;
    __asm__ volatile("vdup.16    q1, %[other]         \n"
                     "vdup.16    q2, %[bytes]         \n"
                     "dls        lr, %[count]         \n"
                     "1:                              \n"
                     "vldrw.u32  q0, [%[strip]]       \n"
                     "vand       q0, q0, q1           \n"
                     "vorr       q0, q0, q2           \n"
                     "vstrw.32   q0, [%[strip]], #16  \n"
                     "le         lr, 1b               \n"
                     : [strip] "+r"(strip)
                     : [other] "r"(other), [bytes] "r"(bytes), [count] "r"(size / 16)
                     : "lr", "q0", "q1", "q2", "memory");
}

#else

#include <string.h>

#include "bw_fixedpoint.h"

static int32_t load32(const int8_t *from) {
    int32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static int8_t output_of(const bw_planes_s8_mve *p, const int8_t *record, int32_t sum) {
    const int32_t left = record[8];
    int32_t value = bw_srdhm(sum + load32(record), load32(record + 4));
    value -= !p->simple && value < 0;
    value = (int32_t)(((int64_t)value + (INT64_C(1) << (-left - 1))) >> -left);
    return (int8_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
}

/* Byte y of the four lines at a place. */
static int32_t value_at(const bw_planes_s8_mve *p, int32_t channel, int32_t place, int32_t y) {
    const int32_t upper = (y >= 2) != (p->swapped != 0);
    return p->strips[upper * 2 * p->plane + channel % 2 * p->plane + 4 * place + channel / 2 * 2 + y % 2];
}

void bw_planes_s8_mve_compute(const bw_planes_s8_mve *p) {
    const int8_t *record = p->records;
    for (int32_t c = 0; c < BW_PLANES_CHANNELS; ++c) {
        for (int32_t line = 0; line < p->lines; ++line) {
            for (int32_t place = 0; place < p->places; ++place) {
                int32_t sum = 0;
                for (int32_t k = 0; k < p->taps; ++k) {
                    const int32_t x = place + k / p->taps_across, y = line + k % p->taps_across;
                    sum += record[9 + k] * value_at(p, c, x, y);
                }
                p->output[c + line * p->across + place * p->along] = output_of(p, record, sum);
            }
        }
        record += 9 + p->taps;
    }
}

void bw_planes_s8_mve_insert(const int8_t *first, const int8_t *second, int32_t step, int32_t count, int8_t *to,
                             int32_t plane) {
    for (int32_t place = 0; place < count; ++place) {
        for (int32_t c = 0; c < BW_PLANES_CHANNELS; ++c) {
            int8_t *pair = to + c % 2 * plane + 4 * place + c / 2 * 2;
            pair[0] = first[place * step + c];
            pair[1] = second[place * step + c];
        }
    }
}

void bw_planes_s8_mve_fill(int8_t *strip, int32_t size, int32_t line, int32_t value) {
    for (int32_t i = line; i < size; i += 2) {
        strip[i] = (int8_t)value;
    }
}

#endif
