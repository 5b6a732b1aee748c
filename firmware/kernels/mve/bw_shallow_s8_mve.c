#include "bw_shallow_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

#define UNUSED __attribute__((unused))

/* Requantize q0: multiplier q2, shift q3, zero point r8. Ties do not show, and the clamp is that of int8. */
#define INT8_FROM_Q0                                                                                                   \
    "vqrdmulh.s32 q0, q0, q2         \n"                                                                               \
    "vrshl.s32  q0, q0, q3           \n"                                                                               \
    "vadd.i32   q0, q0, r8           \n"                                                                               \
    "vqmovnb.s32 q0, q0              \n"                                                                               \
    "vqmovnb.s16 q0, q0              \n"

/* The same for any clamp, two vectors at sp + 32, and for any ties; q1 is lost. */
#define ANY_FROM_Q0                                                                                                    \
    "vqrdmulh.s32 q0, q0, q2         \n"                                                                               \
    "vshr.s32   q1, q0, #31          \n"                                                                               \
    "vadd.i32   q0, q0, q1           \n"                                                                               \
    "vrshl.s32  q0, q0, q3           \n"                                                                               \
    "vadd.i32   q0, q0, r8           \n"                                                                               \
    "vldrw.u32  q1, [sp, #32]        \n"                                                                               \
    "vmax.s32   q0, q0, q1           \n"                                                                               \
    "vldrw.u32  q1, [sp, #48]        \n"                                                                               \
    "vmin.s32   q0, q0, q1           \n"

/* What both do first: r4 constants, r5 pitch, r7 the output's step, r8 zero point, r9 weights, r10 depth, r11 channels
 * left, r12 0 where ties do not show and the clamp is that of int8; the stack has 0 bias, 16 places of the output, 32
 * low, 48 high, 64 run, 68 output, 72 constants. */
#define BEGIN                                                                                                          \
    "push       {r3-r11, lr}         \n"                                                                               \
    "vpush      {d8-d15}             \n"                                                                               \
    "sub        sp, #80              \n"                                                                               \
    "ldrd       r9, r4, [r0]         \n"                                                                               \
    "ldrd       r10, r7, [r0, #8]    \n"                                                                               \
    "ldrd       r8, r2, [r0, #16]    \n"                                                                               \
    "ldrd       r3, r12, [r0, #24]   \n"                                                                               \
    "vdup.32    q0, r2               \n"                                                                               \
    "vdup.32    q1, r3               \n"                                                                               \
    "vstrw.32   q0, [sp, #32]        \n"                                                                               \
    "vstrw.32   q1, [sp, #48]        \n"                                                                               \
    "add        r2, #128             \n" /* 0 where low is -128, high 127 and ties do not show */                      \
    "sub        r3, #127             \n"                                                                               \
    "orr        r12, r2              \n"                                                                               \
    "orr        r12, r3              \n"                                                                               \
    "ldrd       r5, r3, [r1, #4]     \n"                                                                               \
    "strd       r1, r3, [sp, #64]    \n"                                                                               \
    "mov        r11, r7              \n"                                                                               \
    "ldr        r7, [r1, #16]        \n"
#define END                                                                                                            \
    "add        sp, #80              \n"                                                                               \
    "vpop       {d8-d15}             \n"                                                                               \
    "pop        {r3-r11, pc}         \n"

/* One pixel of four channels (q4 to q7) at r1, whose lanes beyond the depth are not read. */
#define PIXEL_16                                                                                                       \
    "vpst                            \n"                                                                               \
    "vldrbt.u8  q0, [r1]             \n"                                                                               \
    "add        r1, r5               \n"                                                                               \
    "vmladav.s8 r0, q0, q4           \n"                                                                               \
    "vmladav.s8 r2, q0, q5           \n"                                                                               \
    "vmladav.s8 r4, q0, q6           \n"                                                                               \
    "vmladav.s8 r6, q0, q7           \n"                                                                               \
    "vmov       q0[2], q0[0], r0, r4 \n"                                                                               \
    "vmov       q0[3], q0[1], r2, r6 \n"
#define STORE_16                                                                                                       \
    "vstrb.32   q0, [r3]             \n"                                                                               \
    "add        r3, r7               \n"

__attribute__((naked, noinline)) void bw_shallow_16_s8_mve(UNUSED const bw_block_s8_mve *b,
                                                           UNUSED const bw_run_s8_mve *run) {
    /* clang-format off */
    __asm__ volatile(
        BEGIN
        "vctp.8     r10                  \n"
        "1:                              \n" /* four channels */
        "add        r0, r9, r10          \n"
        "add        r1, r0, r10          \n"
        "add        r2, r1, r10          \n"
        "vpstttt                         \n"
        "vldrbt.u8  q4, [r9]             \n"
        "vldrbt.u8  q5, [r0]             \n"
        "vldrbt.u8  q6, [r1]             \n"
        "vldrbt.u8  q7, [r2]             \n"
        "add        r9, r2, r10          \n"
        "vldrw.u32  q1, [r4], #16        \n"
        "vldrw.u32  q2, [r4], #16        \n"
        "vldrb.s32  q3, [r4], #4         \n"
        "vstrw.32   q1, [sp]             \n"
        "ldrd       r0, r3, [sp, #64]    \n"
        "str        r4, [sp, #72]        \n"
        "ldr        r1, [r0]             \n"
        "ldr        r0, [r0, #12]        \n"
        "dls        lr, r0               \n"
        "cmp        r12, #0              \n"
        "bne        3f                   \n"
        "2:                              \n"
        PIXEL_16
        "vadd.i32   q0, q0, q1           \n"
        INT8_FROM_Q0
        STORE_16
        "le         lr, 2b               \n"
        "b          4f                   \n"
        "3:                              \n"
        PIXEL_16
        "vldrw.u32  q1, [sp]             \n"
        "vadd.i32   q0, q0, q1           \n"
        ANY_FROM_Q0
        STORE_16
        "le         lr, 3b               \n"
        "4:                              \n"
        "ldr        r4, [sp, #72]        \n"
        "ldr        r3, [sp, #68]        \n"
        "adds       r3, #4               \n"
        "str        r3, [sp, #68]        \n"
        "subs       r11, #4              \n"
        "bgt        1b                   \n"
        END);
    /* clang-format on */
}

/* Two pixels of two channels (q4 and q5, q6 and q7). */
#define PIXELS_32                                                                                                      \
    "vldrb.u8   q0, [r1]             \n"                                                                               \
    "vldrb.u8   q1, [r1, #16]        \n"                                                                               \
    "add        r1, r5               \n"                                                                               \
    "vmladav.s8 r0, q0, q4           \n"                                                                               \
    "vmladav.s8 r2, q0, q6           \n"                                                                               \
    "vmladava.s8 r0, q1, q5          \n"                                                                               \
    "vmladava.s8 r2, q1, q7          \n"                                                                               \
    "vldrb.u8   q0, [r1]             \n"                                                                               \
    "vldrb.u8   q1, [r1, #16]        \n"                                                                               \
    "add        r1, r5               \n"                                                                               \
    "vmladav.s8 r4, q0, q4           \n"                                                                               \
    "vmladav.s8 r6, q0, q6           \n"                                                                               \
    "vmladava.s8 r4, q1, q5          \n"                                                                               \
    "vmladava.s8 r6, q1, q7          \n"                                                                               \
    "vldrw.u32  q1, [sp]             \n"                                                                               \
    "vmov       q0[2], q0[0], r0, r4 \n"                                                                               \
    "vmov       q0[3], q0[1], r2, r6 \n"                                                                               \
    "vadd.i32   q0, q0, q1           \n"
#define STORE_32                                                                                                       \
    "vldrw.u32  q1, [sp, #16]        \n"                                                                               \
    "vstrb.32   q0, [r3, q1]         \n"                                                                               \
    "add        r3, r7               \n"

/* r7 becomes the step of two pixels. */
static __attribute__((naked, noinline)) void pairs_32(UNUSED const bw_block_s8_mve *b,
                                                      UNUSED const bw_run_s8_mve *run) {
    /* clang-format off */
    __asm__ volatile(
        BEGIN
        "movs       r0, #0               \n"
        "movs       r2, #1               \n"
        "add        r3, r7, #1           \n"
        "vmov       q0[2], q0[0], r0, r7 \n"
        "vmov       q0[3], q0[1], r2, r3 \n"
        "vstrw.32   q0, [sp, #16]        \n"
        "lsl        r7, r7, #1           \n"
        "sub        r3, r10, #16         \n"
        "vctp.8     r3                   \n"
        "1:                              \n" /* two channels */
        "add        r0, r9, r10          \n"
        "vldrb.u8   q4, [r9]             \n"
        "vldrb.u8   q6, [r0]             \n"
        "vpstt                           \n"
        "vldrbt.u8  q5, [r9, #16]        \n"
        "vldrbt.u8  q7, [r0, #16]        \n"
        "add        r9, r0, r10          \n"
        "ldm        r4!, {r0-r3, r6}     \n"
        "vmov       q1[2], q1[0], r0, r0 \n"
        "vmov       q1[3], q1[1], r1, r1 \n"
        "vmov       q2[2], q2[0], r2, r2 \n"
        "vmov       q2[3], q2[1], r3, r3 \n"
        "vstrw.32   q1, [sp]             \n"
        "sxtb       r0, r6               \n"
        "sbfx       r1, r6, #8, #8       \n"
        "vmov       q3[2], q3[0], r0, r0 \n"
        "vmov       q3[3], q3[1], r1, r1 \n"
        "ldrd       r0, r3, [sp, #64]    \n"
        "str        r4, [sp, #72]        \n"
        "ldr        r1, [r0]             \n"
        "ldr        r0, [r0, #12]        \n"
        "lsrs       r0, r0, #1           \n"
        "dls        lr, r0               \n"
        "cmp        r12, #0              \n"
        "bne        3f                   \n"
        "2:                              \n"
        PIXELS_32
        INT8_FROM_Q0
        STORE_32
        "le         lr, 2b               \n"
        "b          4f                   \n"
        "3:                              \n"
        PIXELS_32
        ANY_FROM_Q0
        STORE_32
        "le         lr, 3b               \n"
        "4:                              \n"
        "ldr        r4, [sp, #72]        \n"
        "ldr        r3, [sp, #68]        \n"
        "adds       r3, #2               \n"
        "str        r3, [sp, #68]        \n"
        "subs       r11, #2              \n"
        "bgt        1b                   \n"
        END);
    /* clang-format on */
}

void bw_shallow_32_s8_mve(const bw_block_s8_mve *b, const bw_run_s8_mve *run) {
    if (run->count > 1) {
        pairs_32(b, run);
    }
    if (run->count & 1) { /* the last pixel twice, to the same place */
        const int32_t last = run->count - 1;
        const bw_run_s8_mve twice = {run->columns + last * run->pitch, 0, run->output + last * b->out_c, 2, 0};
        pairs_32(b, &twice);
    }
}

#else

#include "bw_fixedpoint.h"

static int32_t sum_of(const bw_block_s8_mve *b, int32_t channel, const int8_t *column) {
    const int8_t *weights = b->weights + channel * b->depth;
    int32_t sum = 0;
    for (int32_t k = 0; k < b->depth; ++k) {
        sum += weights[k] * column[k];
    }
    return sum;
}

static int8_t output_of(const bw_block_s8_mve *b, int32_t acc, int32_t multiplier, int32_t left) {
    int32_t value = bw_srdhm(acc, multiplier);
    value -= b->signed_ties && value < 0;
    value = (int32_t)(((int64_t)value + (INT64_C(1) << (-left - 1))) >> -left);
    return (int8_t)bw_clamp(value + b->output_zero_point, b->low, b->high);
}

/* Constants of `together` channels at a time: biases, multipliers, then a word of shifts. */
static void compute(const bw_block_s8_mve *b, const bw_run_s8_mve *run, int32_t together) {
    for (int32_t i = 0; i < run->count; ++i) {
        const int32_t *constants = b->channels;
        for (int32_t channel = 0; channel < b->out_c; channel += together) {
            for (int32_t lane = 0; lane < together; ++lane) {
                const int32_t sum = sum_of(b, channel + lane, run->columns + i * run->pitch);
                const int32_t left = (int8_t)((uint32_t)constants[2 * together] >> (8 * lane));
                run->output[i * run->step + channel + lane] =
                    output_of(b, sum + constants[lane], constants[together + lane], left);
            }
            constants += 2 * together + 1;
        }
    }
}

void bw_shallow_16_s8_mve(const bw_block_s8_mve *b, const bw_run_s8_mve *run) { compute(b, run, 4); }
void bw_shallow_32_s8_mve(const bw_block_s8_mve *b, const bw_run_s8_mve *run) { compute(b, run, 2); }

#endif
