#include "bw_lines_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

#define UNUSED __attribute__((unused))

/* Four sums at r3 to bytes at r0, r6 apart: bias r1, multiplier r2, shift r4, zero point r5, clamp q1 and q2. */
#define REQUANTIZE(loop, ties)                                                                                         \
    "dlstp.32  lr, r7               \n" loop ":                     \n"                                                \
    "vldrw.u32 q0, [r3], #16        \n"                                                                                \
    "vadd.i32  q0, q0, r1           \n"                                                                                \
    "vqrdmulh.s32 q0, q0, r2        \n" ties "vrshl.s32 q0, r4             \n"                                         \
    "vadd.i32  q0, q0, r5           \n"                                                                                \
    "vmax.s32  q0, q0, q1           \n"                                                                                \
    "vmin.s32  q0, q0, q2           \n"                                                                                \
    "vstrb.32  q0, [r0, q6]         \n"                                                                                \
    "add       r0, r6               \n"                                                                                \
    "letp      lr, " loop "b        \n"

/* r8 channel, r9 the next line of the input, r10 its address, r11 output, r12 the window's first line; q4 and q5
 * places of a line in words and input, q6 in the output, q7 the input's zero point; on the stack: 0 lines left, 4
 * lines of this step. */
__attribute__((naked, noinline)) void bw_lines_s8_mve(UNUSED const bw_lines_s8_mve_params *c,
                                                      UNUSED const int8_t *input, UNUSED int8_t *output) {
    __asm__ volatile(
        "push      {r3-r11, lr}         \n"
        "vpush     {d8-d15}             \n"
        "sub       sp, #8               \n"
        "mov       r8, r0               \n"
        "mov       r11, r2              \n"
        "ldr       r5, [r8, #8]         \n"
        "lsrs      r5, r5, #3           \n"
        "movs      r4, #0               \n"
        "vidup.u16 q4, r4, #4           \n"
        "movs      r4, #0               \n"
        "vidup.u16 q5, r4, #1           \n"
        "vmul.i16  q5, q5, r5           \n"
        "movs      r4, #0               \n"
        "vidup.u32 q6, r4, #1           \n"
        "ldr       r5, [r8, #64]        \n"
        "vmul.i32  q6, q6, r5           \n"
        "ldr       r5, [r8, #100]       \n"
        "vdup.16   q7, r5               \n"
        "ldr       r9, [r8, #44]        \n"
        "mov       r12, r9              \n"
        "ldr       r5, [r8, #16]        \n"
        "mla       r10, r9, r5, r1      \n"
        "ldr       r5, [r8, #56]        \n"
        "str       r5, [sp]             \n"
        "1:                             \n" /* a step: bring lines up to r12 + reach */
        "ldrd      r2, r6, [r8, #16]    \n"
        "add       r6, r12              \n"
        "cmp       r9, r6               \n"
        "bge       6f                   \n"
        "2:                             \n"
        "ldrd      r3, r7, [r8]         \n"
        "ldrd      r5, r4, [r8, #8]     \n"
        "and       r0, r9, #3           \n"
        "add       r3, r0               \n"
        "mov       r1, r10              \n"
        "cmp       r9, r4               \n"
        "dlstp.16  lr, r7               \n"
        "bhs       4f                   \n"
        "3:                             \n"
        "vldrb.u16 q0, [r1, q5]         \n"
        "vstrb.16  q0, [r3, q4]         \n"
        "add       r1, r5               \n"
        "adds      r3, #32              \n"
        "letp      lr, 3b               \n"
        "b         5f                   \n"
        "4:                             \n" /* a line of padding */
        "vstrb.16  q7, [r3, q4]         \n"
        "adds      r3, #32              \n"
        "letp      lr, 4b               \n"
        "5:                             \n"
        "add       r10, r2              \n"
        "add       r9, #1               \n"
        "cmp       r9, r6               \n"
        "blt       2b                   \n"
        "6:                             \n"
        "ldrd      r1, r4, [r8, #24]    \n" /* words, turned */
        "and       r0, r12, #3          \n"
        "add       r4, r4, r0, lsl #4   \n"
        "vldrw.u32 q2, [r4]             \n"
        "ldrd      r3, r7, [r8, #32]    \n" /* sums, along_out */
        "ldr       r0, [r8, #48]        \n"
        "ldr       r2, [sp]             \n"
        "cmp       r0, #2               \n"
        "it        eq                   \n"
        "cmpeq     r2, #1               \n"
        "bgt       7f                   \n"
        "movs      r5, #1               \n" /* one line */
        "ldr       r5, [r8, #40]        \n"
        "dls       lr, r7               \n"
        "8:                             \n"
        "vldrw.u32 q0, [r1]             \n"
        "add       r1, r5               \n"
        "vmladav.s8 r0, q0, q2          \n"
        "str       r0, [r3], #4         \n"
        "le        lr, 8b               \n"
        "movs      r5, #1               \n"
        "b         9f                   \n"
        "7:                             \n" /* two lines, two windows at a time */
        "vldrw.u32 q3, [r4, #16]        \n"
        "add       r5, r3, r7, lsl #2   \n"
        "lsr       r0, r7, #1           \n"
        "wls       lr, r0, 11f          \n"
        "10:                            \n"
        "vldrw.u32 q0, [r1], #4         \n"
        "vldrw.u32 q1, [r1], #4         \n"
        "vmladav.s8 r0, q0, q2          \n"
        "vmladav.s8 r2, q1, q2          \n"
        "vmladav.s8 r4, q0, q3          \n"
        "vmladav.s8 r6, q1, q3          \n"
        "strd      r0, r2, [r3], #8     \n"
        "strd      r4, r6, [r5], #8     \n"
        "le        lr, 10b              \n"
        "11:                            \n"
        "lsls      r0, r7, #31          \n"
        "beq       12f                  \n"
        "vldrw.u32 q0, [r1]             \n"
        "vmladav.s8 r0, q0, q2          \n"
        "vmladav.s8 r4, q0, q3          \n"
        "str       r0, [r3]             \n"
        "str       r4, [r5]             \n"
        "12:                            \n"
        "movs      r5, #2               \n"
        "9:                             \n"
        "str       r5, [sp, #4]         \n"
        "ldr       r3, [r8, #32]        \n"
        "ldrd      r0, r4, [r8, #88]    \n"
        "vdup.32   q1, r0               \n"
        "vdup.32   q2, r4               \n"
        "ldrd      r1, r2, [r8, #72]    \n"
        "ldr       r0, [r8, #60]        \n"
        "cbz       r0, 13f              \n"
        "mul       r7, r7, r5           \n" /* contiguous lines as one */
        "13:                            \n"
        "ldrd      r4, r5, [r8, #80]    \n"
        "14:                            \n"
        "ldr       r6, [r8, #64]        \n"
        "ldr       r0, [r8, #96]        \n"
        "lsls      r6, r6, #2           \n"
        "cmp       r0, #0               \n"
        "mov       r0, r11              \n"
        "bne       16f                  \n" REQUANTIZE(
            "15",
            "") "b 18f \n"
                "16:                            \n" REQUANTIZE(
                    "17",
                    "vshr.s32 q3, q0, #31 \n vadd.i32 q0, q0, q3 \n") "18:                            \n"
                                                                      "ldr       r0, [sp, #4]         \n"
                                                                      "ldrd      r6, r3, [r8, #60]    \n" /* contiguous;
                                                                                                             r3 is
                                                                                                             loaded anew
                                                                                                           */
                                                                      "ldr       r3, [r8, #68]        \n"
                                                                      "cbz       r6, 19f              \n"
                                                                      "mla       r11, r3, r0, r11     \n"
                                                                      "b         20f                  \n"
                                                                      "19:                            \n"
                                                                      "add       r11, r3              \n"
                                                                      "ldr       r6, [sp]             \n"
                                                                      "subs      r6, #1               \n"
                                                                      "str       r6, [sp]             \n"
                                                                      "subs      r0, #1               \n"
                                                                      "str       r0, [sp, #4]         \n"
                                                                      "ldr       r3, [r8, #32]        \n"
                                                                      "add       r3, r3, r7, lsl #2   \n"
                                                                      "bgt       14b                  \n"
                                                                      "ldr       r0, [r8, #52]        \n"
                                                                      "add       r12, r0              \n"
                                                                      "cmp       r6, #0               \n"
                                                                      "bgt       1b                   \n"
                                                                      "b         21f                  \n"
                                                                      "20:                            \n"
                                                                      "ldr       r6, [sp]             \n"
                                                                      "ldr       r3, [r8, #52]        \n"
                                                                      "subs      r6, r6, r0           \n"
                                                                      "str       r6, [sp]             \n"
                                                                      "add       r12, r3              \n"
                                                                      "bgt       1b                   \n"
                                                                      "21:                            \n"
                                                                      "add       sp, #8               \n"
                                                                      "vpop      {d8-d15}             \n"
                                                                      "pop       {r3-r11, pc}         \n");
}

#else

#include "bw_fixedpoint.h"

static void insert(const bw_lines_s8_mve_params *c, const int8_t *input, int32_t y) {
    int8_t *to = c->inner + (y & 3);
    for (int32_t i = 0; i < c->along_in; ++i) {
        to[4 * i] =
            y >= 0 && y < c->across_in ? input[y * c->across_step + i * c->in_step_8 / 8] : (int8_t)c->input_zero_point;
    }
}

static int8_t output_of(const bw_lines_s8_mve_params *c, int32_t sum) {
    int32_t value = bw_srdhm(sum + c->bias, c->multiplier);
    value -= c->signed_ties && value < 0;
    value = (int32_t)(((int64_t)value + (INT64_C(1) << (-c->shift - 1))) >> -c->shift);
    return (int8_t)bw_clamp(value + c->output_zero_point, c->low, c->high);
}

void bw_lines_s8_mve(const bw_lines_s8_mve_params *c, const int8_t *input, int8_t *output) {
    int32_t top = c->first, next = top;
    for (int32_t line = 0; line < c->lines; line += c->together) {
        for (; next < top + c->reach; ++next) {
            insert(c, input, next);
        }
        for (int32_t i = 0; i < c->together && line + i < c->lines; ++i) {
            const int8_t *weights = c->turned + 16 * ((top & 3) + i);
            for (int32_t x = 0; x < c->along_out; ++x) {
                int32_t sum = 0;
                for (int32_t k = 0; k < 16; ++k) {
                    sum += c->words[x * c->window_step + k] * weights[k];
                }
                output[(line + i) * c->out_line + x * c->out_step] = output_of(c, sum);
            }
        }
        top += c->stride;
    }
}

#endif
