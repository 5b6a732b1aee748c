#include "bw_channels_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

#define UNUSED __attribute__((unused))

#define LOAD(tap)                                                                                                      \
    "vldrb.u8   q0, [" tap "], #16   \n"                                                                               \
    "vldrb.u8   q1, [r9], #16        \n"

/* Even and odd channels of two taps; q0, q1 and q4 are free afterwards. */
#define TWO(first, second, even, odd)                                                                                  \
    LOAD(first)                                                                                                        \
    "vmullb.s8  " even ", q0, q1     \n"                                                                               \
    "vmullt.s8  " odd ", q0, q1      \n" LOAD(second) "vmullb.s8  q4, q0, q1           \n"                             \
                                                      "vmullt.s8  q0, q0, q1           \n"                             \
                                                      "vadd.i16   " even ", " even ", q4 \n"                           \
                                                      "vadd.i16   " odd ", " odd ", q0 \n"

/* Into q5 and q6, and their 2048ths into q7. */
#define ADD                                                                                                            \
    "vadd.i16   q5, q5, q2           \n"                                                                               \
    "vadd.i16   q6, q6, q3           \n"                                                                               \
    "vsri.16    q3, q2, #8           \n"                                                                               \
    "vshr.s8    q3, q3, #3           \n"                                                                               \
    "vadd.i8    q7, q7, q3           \n"

#define MULTIPLY(q)                                                                                                    \
    "vldrw.u32  q4, [r7], #16        \n"                                                                               \
    "vldrw.u32  q5, [r7], #16        \n"                                                                               \
    "vadd.i32   " q ", " q ", q4     \n"                                                                               \
    "vqrdmulh.s32 " q ", " q ", q5   \n"
#define TIES(q)                                                                                                        \
    "vshr.s32   q4, " q ", #31       \n"                                                                               \
    "vadd.i32   " q ", " q ", q4     \n"
#define SHIFT(q)                                                                                                       \
    "vldrb.s32  q4, [r7], #4         \n"                                                                               \
    "vrshl.s32  " q ", " q ", q4     \n"

/* clang-format off */
/* How often the sums wrapped, then to q2, q0, q3, q1 in 32 bits, and times the multipliers. */
#define WIDEN_AND_MULTIPLY \
    "vmov       q0, q6               \n" /* how often they wrapped */ \
    "vsri.16    q0, q5, #8           \n" \
    "vshr.u8    q0, q0, #3           \n" \
    "vsub.i8    q7, q7, q0           \n" \
    "vrshr.s8   q7, q7, #5           \n" \
    "vmovlb.s8  q0, q7               \n" \
    "vmovlt.s8  q1, q7               \n" \
    "vmov       q2, q5               \n" /* to q2, q0, q3, q1 in 32 bits */ \
    "vsli.32    q2, q0, #16          \n" \
    "vsri.32    q0, q5, #16          \n" \
    "vmov       q3, q6               \n" \
    "vsli.32    q3, q1, #16          \n" \
    "vsri.32    q1, q6, #16          \n" \
    MULTIPLY("q2") \
    MULTIPLY("q0") \
    MULTIPLY("q3") \
    MULTIPLY("q1")
/* By the flags to bytes at r11. */
#define FINISH \
    "bpl        3f                   \n" \
    TIES("q2") \
    TIES("q0") \
    TIES("q3") \
    TIES("q1") \
    "3:                              \n" \
    SHIFT("q2") \
    SHIFT("q0") \
    SHIFT("q3") \
    SHIFT("q1") \
    "vqmovnb.s32 q2, q2              \n" \
    "vqmovnt.s32 q2, q0              \n" \
    "vqmovnb.s32 q3, q3              \n" \
    "vqmovnt.s32 q3, q1              \n" \
    "vqadd.s16  q2, q2, r12          \n" \
    "vqadd.s16  q3, q3, r12          \n" \
    "vqmovnb.s16 q2, q2              \n" \
    "vqmovnt.s16 q2, q3              \n" \
    "bcc        4f                   \n" \
    "ldr        r12, [sp, #16]       \n" \
    "vdup.8     q0, r12              \n" \
    "ldr        r12, [sp, #20]       \n" \
    "vdup.8     q1, r12              \n" \
    "ldr        r12, [sp, #12]       \n" \
    "vmax.s8    q2, q2, q0           \n" \
    "vmin.s8    q2, q2, q1           \n" \
    "4:                              \n" \
    "vstrb.8    q2, [r11], #16       \n"
/* clang-format on */

/* r0 to r6, r8 and r10 taps, r9 weights, r7 constants, r11 output, lr channels left; on the stack: 0 the block, 4
 * pixels left, 8 what each tap still has to move after its channels, 12 zero point, 16 low, 20 high. Flags stay in N
 * and C. */
static __attribute__((naked, noinline)) void nine_taps(UNUSED const bw_channels_s8_mve *b,
                                                       UNUSED const int8_t *const *taps, UNUSED int8_t *output,
                                                       UNUSED int32_t count, UNUSED int32_t step) {
    /* clang-format off */
    __asm__ volatile(
        "ldr        r12, [sp]            \n"
        "push       {r3-r11, lr}         \n"
        "vpush      {d8-d15}             \n"
        "sub        sp, #24              \n"
        "mov        r11, r2              \n"
        "ldrd       r4, r5, [r0, #8]     \n" /* channels, zero point */
        "ldrd       r6, r7, [r0, #16]    \n"
        "add        r8, r4, #15          \n"
        "bic        r8, r8, #15          \n"
        "sub        r12, r12, r8         \n"
        "strd       r0, r3, [sp]         \n"
        "strd       r12, r5, [sp, #8]    \n"
        "strd       r6, r7, [sp, #16]    \n"
        "ldm        r1, {r0-r6, r8, r10} \n"
        "1:                              \n" /* a pixel */
        "ldr        r12, [sp]            \n"
        "ldrd       r9, r7, [r12]        \n"
        "ldr        lr, [r12, #24]       \n"
        "ldr        r12, [r12, #8]       \n"
        "lsls       lr, lr, #31          \n"
        "dlstp.8    lr, r12              \n"
        "ldr        r12, [sp, #12]       \n"
        "2:                              \n"
        TWO("r0", "r1", "q5", "q6")
        "vmov       q7, q6               \n"
        "vsri.16    q7, q5, #8           \n"
        "vshr.s8    q7, q7, #3           \n"
        TWO("r2", "r3", "q2", "q3")
        ADD
        TWO("r4", "r5", "q2", "q3")
        ADD
        TWO("r6", "r8", "q2", "q3")
        ADD
        LOAD("r10")
        "vmullb.s8  q2, q0, q1           \n"
        "vmullt.s8  q3, q0, q1           \n"
        ADD
        WIDEN_AND_MULTIPLY
        FINISH
        "letp       lr, 2b               \n"
        "ldrd       r7, r12, [sp, #4]    \n"
        "ldr        r9, [sp]             \n"
        "subs       r7, #1               \n"
        "beq        5f                   \n"
        "str        r7, [sp, #4]         \n"
        "ldr        r9, [r9, #8]         \n"
        "rsb        r9, r9, #0           \n"
        "and        r9, r9, #15          \n"
        "sub        r11, r9              \n"
        "cmp        r12, #0              \n"
        "beq        1b                   \n"
        "add        r0, r12              \n"
        "add        r1, r12              \n"
        "add        r2, r12              \n"
        "add        r3, r12              \n"
        "add        r4, r12              \n"
        "add        r5, r12              \n"
        "add        r6, r12              \n"
        "add        r8, r12              \n"
        "add        r10, r12             \n"
        "b          1b                   \n"
        "5:                              \n"
        "add        sp, #24              \n"
        "vpop       {d8-d15}             \n"
        "pop        {r3-r11, pc}         \n");
    /* clang-format on */
}

/* r0 and r1 taps, r2 place in their table, r3 what has passed of their pixels, r4 pairs left, r7 constants, r9 weights,
 * r11 output, lr channels left; on the stack: 0 the block, 4 pixels left, 8 step, 12 zero point, 16 low, 20 high, 24
 * table of taps, 28 where the pixel begins. */
static __attribute__((naked, noinline)) void pairs_of_taps(UNUSED const bw_channels_s8_mve *b,
                                                           UNUSED const int8_t *const *taps, UNUSED int8_t *output,
                                                           UNUSED int32_t count, UNUSED int32_t step) {
    /* clang-format off */
    __asm__ volatile(
        "ldr        r12, [sp]            \n"
        "push       {r3-r11, lr}         \n"
        "vpush      {d8-d15}             \n"
        "sub        sp, #32              \n"
        "mov        r11, r2              \n"
        "ldr        r5, [r0, #12]        \n"
        "ldrd       r6, r7, [r0, #16]    \n"
        "movs       r4, #0               \n"
        "strd       r0, r3, [sp]         \n"
        "strd       r12, r5, [sp, #8]    \n"
        "strd       r6, r7, [sp, #16]    \n"
        "strd       r1, r4, [sp, #24]    \n"
        "1:                              \n" /* a pixel */
        "ldr        r12, [sp]            \n"
        "ldrd       r9, r7, [r12]        \n"
        "ldrd       r6, r5, [r12, #24]   \n" /* flags, taps */
        "ldr        r8, [r12, #8]        \n"
        "lsrs       r5, r5, #1           \n"
        "ldr        r3, [sp, #28]        \n"
        "dlstp.8    lr, r8               \n"
        "ldr        r12, [sp, #12]       \n"
        "2:                              \n"
        "ldr        r2, [sp, #24]        \n"
        "mov        r4, r5               \n"
        "vmov.i32   q5, #0               \n"
        "vmov.i32   q6, #0               \n"
        "vmov.i32   q7, #0               \n"
        "5:                              \n"
        "ldrd       r0, r1, [r2], #8     \n"
        "add        r0, r3               \n"
        "add        r1, r3               \n"
        TWO("r0", "r1", "q2", "q3")
        ADD
        "subs       r4, #1               \n"
        "bne        5b                   \n"
        "adds       r3, #16              \n"
        "lsls       r4, r6, #31          \n"
        WIDEN_AND_MULTIPLY
        FINISH
        "letp       lr, 2b               \n"
        "rsb        r8, r8, #0           \n"
        "and        r8, r8, #15          \n"
        "sub        r11, r8              \n"
        "ldrd       r4, r0, [sp, #4]     \n"
        "ldr        r3, [sp, #28]        \n"
        "add        r3, r0               \n"
        "str        r3, [sp, #28]        \n"
        "subs       r4, #1               \n"
        "str        r4, [sp, #4]         \n"
        "bne        1b                   \n"
        "add        sp, #32              \n"
        "vpop       {d8-d15}             \n"
        "pop        {r3-r11, pc}         \n");
    /* clang-format on */
}

void bw_channels_s8_mve_run(const bw_channels_s8_mve *b, const int8_t *const taps[BW_CHANNELS_TAPS], int8_t *output,
                            int32_t count, int32_t step) {
    if (b->taps == 9) {
        nine_taps(b, taps, output, count, step);
    } else {
        pairs_of_taps(b, taps, output, count, step);
    }
}

#else

#include "bw_fixedpoint.h"

/* Where a channel of sixteen has its constants. */
static int32_t lane_of(int32_t channel) { return (channel & 1 ? 8 : 0) + (channel & 2 ? 4 : 0) + channel / 4; }

static int8_t output_of(const bw_channels_s8_mve *b, int32_t channel, int32_t sum) {
    const int32_t lane = lane_of(channel % 16);
    const int32_t *constants = b->constants + channel / 16 * 36, *pair = constants + lane / 4 * 8 + lane % 4;
    const int32_t left = (int8_t)((uint32_t)constants[32 + lane / 4] >> (8 * (lane % 4)));
    int32_t value = bw_srdhm(sum + pair[0], pair[4]);
    value -= (b->flags & 1) && value < 0;
    value = (int32_t)(((int64_t)value + (INT64_C(1) << (-left - 1))) >> -left);
    return (int8_t)bw_clamp(value + b->output_zero_point, b->low, b->high);
}

void bw_channels_s8_mve_run(const bw_channels_s8_mve *b, const int8_t *const taps[BW_CHANNELS_TAPS], int8_t *output,
                            int32_t count, int32_t step) {
    for (int32_t i = 0; i < count; ++i) {
        for (int32_t c = 0; c < b->channels; ++c) {
            const int8_t *weights = b->weights + c / 16 * (16 * b->taps) + c % 16;
            int32_t sum = 0;
            for (int32_t k = 0; k < b->taps; ++k) {
                sum += taps[k][i * step + c] * weights[16 * k];
            }
            *output++ = output_of(b, c, sum);
        }
    }
}

#endif
