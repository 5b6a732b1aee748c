#include "bw_block_s8.h"

#include "bw_dsp.h"

void bw_widen_s8(const int8_t *column, int32_t depth, uint32_t *pairs, int32_t stride) {
    int32_t left = depth;
    for (; left >= 4; left -= 4) {
        const uint32_t word = bw_load32(column);
        pairs[0] = bw_sxtb16(word);
        pairs[stride] = bw_sxtb16_ror8(word);
        pairs += 2 * stride;
        column += 4;
    }
    if (left > 0) {
        uint32_t word = 0;
        memcpy(&word, column, (size_t)left);
        pairs[0] = bw_sxtb16(word);
        pairs[stride] = bw_sxtb16_ror8(word);
    }
}

#ifdef __ARM_FEATURE_DSP

/* Two taps of both channels (r4, r6, ... and r5, r7, ...) times four columns. */
#define TWO_TAPS                                                                                                       \
    "ldr   r3, [r0], #4       \n"                                                                                      \
    "ldr   lr, [r1], #4       \n"                                                                                      \
    "sxtb16 r12, r3, ror #8   \n"                                                                                      \
    "sxtb16 r3, r3            \n"                                                                                      \
    "smlad r4, r3, lr, r4     \n"                                                                                      \
    "smlad r5, r12, lr, r5    \n"                                                                                      \
    "ldr   lr, [r1], #4       \n"                                                                                      \
    "smlad r6, r3, lr, r6     \n"                                                                                      \
    "smlad r7, r12, lr, r7    \n"                                                                                      \
    "ldr   lr, [r1], #4       \n"                                                                                      \
    "smlad r8, r3, lr, r8     \n"                                                                                      \
    "smlad r9, r12, lr, r9    \n"                                                                                      \
    "ldr   lr, [r1], #4       \n"                                                                                      \
    "smlad r10, r3, lr, r10   \n"                                                                                      \
    "smlad r11, r12, lr, r11  \n"

#define UNUSED __attribute__((unused))

/* All fourteen registers are taken (eight accumulators, two pointers, the count, three temporaries), which no compiler
 * grants with a frame pointer: the whole function is assembly, its arguments in r0 to r3 (AAPCS). */
__attribute__((naked, noinline)) void bw_block_2x4_s8(UNUSED const int8_t *weights, UNUSED const uint32_t *columns,
                                                      UNUSED int32_t quads, UNUSED int32_t acc[8]) {
    __asm__ volatile("push  {r3-r11, lr}       \n"
                     "ldm   r3, {r4-r11}       \n"
                     "1:                       \n" TWO_TAPS TWO_TAPS "subs  r2, #1             \n"
                     "bne   1b                 \n"
                     "pop   {r3}               \n"
                     "stm   r3, {r4-r11}       \n"
                     "pop   {r4-r11, pc}       \n");
}

#else

void bw_block_2x4_s8(const int8_t *weights, const uint32_t *columns, int32_t quads, int32_t acc[8]) {
    for (int32_t i = 0; i < 2 * quads; ++i) {
        const uint32_t word = bw_load32(weights + 4 * i);
        for (int32_t c = 0; c < 4; ++c) {
            acc[2 * c] = bw_smlad(bw_sxtb16(word), columns[4 * i + c], acc[2 * c]);
            acc[2 * c + 1] = bw_smlad(bw_sxtb16_ror8(word), columns[4 * i + c], acc[2 * c + 1]);
        }
    }
}

#endif

void bw_block_2x1_s8(const int8_t *weights, const uint32_t *column, int32_t quads, int32_t acc[2]) {
    int32_t first = acc[0], second = acc[1];
    for (const uint32_t *end = column + 2 * quads; column < end; column += 2) {
        const uint32_t even = bw_load32(weights), odd = bw_load32(weights + 4);
        first = bw_smlad(bw_sxtb16(even), column[0], first);
        second = bw_smlad(bw_sxtb16_ror8(even), column[0], second);
        first = bw_smlad(bw_sxtb16(odd), column[1], first);
        second = bw_smlad(bw_sxtb16_ror8(odd), column[1], second);
        weights += 8;
    }
    acc[0] = first;
    acc[1] = second;
}
