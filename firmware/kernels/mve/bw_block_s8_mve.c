#include "bw_block_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

#define UNUSED __attribute__((unused))

/* Sixteen taps of two channels (r1, r3) times three columns (r5, r7, r9) into r0, r2, r4, r6, r8, r10. */
#define TAPS_2x3(multiply)                                                                                             \
    "vldrb.u8 q0, [r1], #16        \n"                                                                                 \
    "vldrb.u8 q2, [r5], #16        \n"                                                                                 \
    "vldrb.u8 q1, [r3], #16        \n" multiply " r0, q0, q2 \n" multiply " r2, q1, q2 \n"                             \
    "vldrb.u8 q2, [r7], #16        \n" multiply " r4, q0, q2 \n" multiply " r6, q1, q2 \n"                             \
    "vldrb.u8 q2, [r9], #16        \n" multiply " r8, q0, q2 \n" multiply " r10, q1, q2 \n"

/* All taps: pairs of sixteen, the first of which start the sums, then the rest. */
/* clang-format off */
#define SUMS_2x3(pairs, rest, last, done)                                                                              \
    "ldm      sp, {r5, r7, r9}     \n"                                                                                 \
    TAPS_2x3("vmladav.s8")                                                                                             \
    TAPS_2x3("vmladava.s8")                                                                                            \
    "ldr      lr, [sp, #36]        \n"                                                                                 \
    "wls      lr, lr, " rest "f    \n"                                                                                 \
    pairs ":                       \n"                                                                                 \
    TAPS_2x3("vmladava.s8")                                                                                            \
    TAPS_2x3("vmladava.s8")                                                                                            \
    "le       lr, " pairs "b       \n"                                                                                 \
    rest ":                        \n"                                                                                 \
    "ldr      lr, [sp, #40]        \n"                                                                                 \
    "wlstp.8  lr, lr, " done "f    \n"                                                                                 \
    last ":                        \n"                                                                                 \
    TAPS_2x3("vmladava.s8")                                                                                            \
    "letp     lr, " last "b        \n"                                                                                 \
    done ":                        \n"
/* clang-format on */

/* Requantize one vector: multiplier q1, shift q2, zero point r4, clamp q3 and q7. */
#define TIES(q)                                                                                                        \
    "vshr.s32 q0, " q ", #31       \n"                                                                                 \
    "vadd.i32 " q ", " q ", q0     \n"
#define FINISH(q)                                                                                                      \
    "vrshl.s32 " q ", " q ", q2    \n"                                                                                 \
    "vadd.i32 " q ", " q ", r4     \n"                                                                                 \
    "vmax.s32 " q ", " q ", q3     \n"                                                                                 \
    "vmin.s32 " q ", " q ", q7     \n"

/* On the stack: the columns, 12 constants of the channels, 16 output, 20 channels left, 24 out_c, 28 zero point,
 * 32 signed ties, 36 pairs of vectors after the first two, 40 bytes after those. Sums must be in even registers; r11 is
 * the weights' place, r12 the depth, lr the loop's count. */
static __attribute__((naked, noinline)) void block_4x3(UNUSED const bw_block_s8_mve *b,
                                                       UNUSED const int8_t *const columns[3], UNUSED int8_t *output) {
    /* clang-format off */
    __asm__ volatile(
        "push     {r3-r11, lr}         \n"
        "vpush    {d8-d15}             \n"
        "sub      sp, #48              \n"
        "ldm      r1, {r5, r7, r9}     \n"
        "stm      sp, {r5, r7, r9}     \n"
        "ldrd     r11, r3, [r0]        \n"
        "ldrd     r12, r4, [r0, #8]    \n"
        "ldrd     r6, r8, [r0, #16]    \n"
        "ldrd     r10, r1, [r0, #24]   \n"
        "strd     r3, r2, [sp, #12]    \n"
        "strd     r4, r4, [sp, #20]    \n"
        "strd     r6, r1, [sp, #28]    \n"
        "sub      r6, r12, #32         \n"
        "lsr      r4, r6, #5           \n"
        "and      r6, r6, #31          \n"
        "strd     r4, r6, [sp, #36]    \n"
        "vdup.32  q3, r8               \n"
        "vdup.32  q7, r10              \n"
        "5:                            \n"
        "mov      r1, r11              \n"
        "add      r3, r11, r12, lsl #1 \n"
        SUMS_2x3("1", "2", "3", "4")
        "vmov     q4[2], q4[0], r0, r2 \n"
        "vmov     q5[2], q5[0], r4, r6 \n"
        "vmov     q6[2], q6[0], r8, r10 \n"
        "add      r1, r11, r12         \n"
        "add      r3, r1, r12, lsl #1  \n"
        SUMS_2x3("6", "7", "8", "9")
        "vmov     q4[3], q4[1], r0, r2 \n"
        "vmov     q5[3], q5[1], r4, r6 \n"
        "vmov     q6[3], q6[1], r8, r10 \n"
        "add      r11, r11, r12, lsl #2 \n"
        "ldrd     r1, r3, [sp, #12]    \n"
        "vldrw.u32 q0, [r1], #16       \n"
        "vldrw.u32 q1, [r1], #16       \n"
        "vldrb.s32 q2, [r1], #4        \n"
        "vadd.i32 q4, q4, q0           \n"
        "vadd.i32 q5, q5, q0           \n"
        "vadd.i32 q6, q6, q0           \n"
        "vqrdmulh.s32 q4, q4, q1       \n"
        "vqrdmulh.s32 q5, q5, q1       \n"
        "vqrdmulh.s32 q6, q6, q1       \n"
        "ldrd     r4, r5, [sp, #28]    \n"
        "cbz      r5, 10f              \n"
        TIES("q4")
        TIES("q5")
        TIES("q6")
        "10:                           \n"
        FINISH("q4")
        FINISH("q5")
        FINISH("q6")
        "ldrd     r0, r2, [sp, #20]    \n"
        "add      r5, r3, r2           \n"
        "add      r6, r5, r2           \n"
        "vctp.32  r0                   \n"
        "vpsttt                        \n"
        "vstrbt.32 q4, [r3], #4        \n"
        "vstrbt.32 q5, [r5]            \n"
        "vstrbt.32 q6, [r6]            \n"
        "subs     r0, #4               \n"
        "strd     r1, r3, [sp, #12]    \n"
        "str      r0, [sp, #20]        \n"
        "bgt      5b                   \n"
        "add      sp, #48              \n"
        "vpop     {d8-d15}             \n"
        "pop      {r3-r11, pc}         \n");
    /* clang-format on */
}

/* One column: sums r0, r2, r4, r6, constants r1, output r3, depth r5, weights r7 and r8 to r11, column r12; on the
 * stack: 0 column, 4 channels left, 8 zero point, 12 signed ties. */
__attribute__((naked, noinline)) void bw_block_4x1_s8_mve(UNUSED const bw_block_s8_mve *b, UNUSED const int8_t *column,
                                                          UNUSED int8_t *output) {
    __asm__ volatile(
        "push     {r3-r11, lr}         \n"
        "vpush    {d8-d15}             \n"
        "sub      sp, #16              \n"
        "ldrd     r5, r4, [r0, #8]     \n"
        "ldrd     r6, r8, [r0, #16]    \n"
        "ldrd     r9, r10, [r0, #24]   \n"
        "strd     r1, r4, [sp]         \n"
        "strd     r6, r10, [sp, #8]    \n"
        "vdup.32  q3, r8               \n"
        "vdup.32  q7, r9               \n"
        "mov      r3, r2               \n"
        "ldrd     r7, r1, [r0]         \n"
        "5:                            \n"
        "ldm      r1!, {r0, r2, r4, r6} \n"
        "mov      r8, r7               \n"
        "add      r9, r8, r5           \n"
        "add      r10, r9, r5          \n"
        "add      r11, r10, r5         \n"
        "add      r7, r11, r5          \n"
        "ldr      r12, [sp]            \n"
        "dlstp.8  lr, r5               \n"
        "1:                            \n"
        "vldrb.u8 q2, [r12], #16       \n"
        "vldrb.u8 q0, [r8], #16        \n"
        "vldrb.u8 q1, [r9], #16        \n"
        "vmladava.s8 r0, q0, q2        \n"
        "vldrb.u8 q0, [r10], #16       \n"
        "vmladava.s8 r2, q1, q2        \n"
        "vldrb.u8 q1, [r11], #16       \n"
        "vmladava.s8 r4, q0, q2        \n"
        "vmladava.s8 r6, q1, q2        \n"
        "letp     lr, 1b               \n"
        "vmov     q4[2], q4[0], r0, r4 \n"
        "vmov     q4[3], q4[1], r2, r6 \n"
        "vldrw.u32 q1, [r1], #16       \n"
        "vldrb.s32 q2, [r1], #4        \n"
        "vqrdmulh.s32 q4, q4, q1       \n"
        "ldrd     r4, r0, [sp, #8]     \n"
        "cbz      r0, 3f               \n" TIES("q4") "3: \n" FINISH("q4") "ldr      r0, [sp, #4]         \n"
                                                                           "vctp.32  r0                   \n"
                                                                           "vpst                          \n"
                                                                           "vstrbt.32 q4, [r3], #4        \n"
                                                                           "subs     r0, #4               \n"
                                                                           "str      r0, [sp, #4]         \n"
                                                                           "bgt      5b                   \n"
                                                                           "add      sp, #16              \n"
                                                                           "vpop     {d8-d15}             \n"
                                                                           "pop      {r3-r11, pc}         \n");
}

void bw_block_4x3_s8_mve(const bw_block_s8_mve *b, const int8_t *const columns[3], int8_t *output) {
    if (b->depth >= 32) {
        block_4x3(b, columns, output);
        return;
    }
    for (int32_t c = 0; c < 3; ++c) {
        bw_block_4x1_s8_mve(b, columns[c], output + c * b->out_c);
    }
}

#else

#include "bw_fixedpoint.h"

void bw_block_4x1_s8_mve(const bw_block_s8_mve *b, const int8_t *column, int8_t *output) {
    for (int32_t channel = 0; channel < b->out_c; ++channel) {
        const int32_t *constants = b->channels + channel / 4 * 9, lane = channel % 4;
        int32_t acc = constants[lane];
        for (int32_t k = 0; k < b->depth; ++k) {
            acc += b->weights[channel * b->depth + k] * column[k];
        }
        const int8_t shift = (int8_t)((uint32_t)constants[8] >> (8 * lane));
        int32_t value = bw_srdhm(acc, constants[4 + lane]);
        value -= b->signed_ties && value < 0;
        value = (int32_t)(((int64_t)value + (INT64_C(1) << (-shift - 1))) >> -shift);
        output[channel] = (int8_t)bw_clamp(value + b->output_zero_point, b->low, b->high);
    }
}

void bw_block_4x3_s8_mve(const bw_block_s8_mve *b, const int8_t *const columns[3], int8_t *output) {
    for (int32_t c = 0; c < 3; ++c) {
        bw_block_4x1_s8_mve(b, columns[c], output + c * b->out_c);
    }
}

#endif
