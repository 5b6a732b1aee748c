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

/* Two taps of both channels times four columns. */
#define TWO_TAPS                                                                                                       \
    "ldr   %[r], [%[w]], #4             \n"                                                                            \
    "ldr   %[x], [%[b]], #4             \n"                                                                            \
    "sxtb16 %[s], %[r], ror #8          \n"                                                                            \
    "sxtb16 %[r], %[r]                  \n"                                                                            \
    "smlad %[a0], %[r], %[x], %[a0]     \n"                                                                            \
    "smlad %[a1], %[s], %[x], %[a1]     \n"                                                                            \
    "ldr   %[x], [%[b]], #4             \n"                                                                            \
    "smlad %[a2], %[r], %[x], %[a2]     \n"                                                                            \
    "smlad %[a3], %[s], %[x], %[a3]     \n"                                                                            \
    "ldr   %[x], [%[b]], #4             \n"                                                                            \
    "smlad %[a4], %[r], %[x], %[a4]     \n"                                                                            \
    "smlad %[a5], %[s], %[x], %[a5]     \n"                                                                            \
    "ldr   %[x], [%[b]], #4             \n"                                                                            \
    "smlad %[a6], %[r], %[x], %[a6]     \n"                                                                            \
    "smlad %[a7], %[s], %[x], %[a7]     \n"

/* Fourteen registers: eight accumulators, two pointers, the count and three temporaries. */
__attribute__((noinline)) void bw_block_2x4_s8(const int8_t *weights, const uint32_t *columns, int32_t quads,
                                               int32_t acc[8]) {
    int32_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3], a4 = acc[4], a5 = acc[5], a6 = acc[6], a7 = acc[7];
    uint32_t r, s, x;
    __asm__ volatile(
        "1:\n" TWO_TAPS TWO_TAPS "subs %[n], #1\n"
        "bne 1b\n"
        : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3), [a4] "+r"(a4), [a5] "+r"(a5), [a6] "+r"(a6),
          [a7] "+r"(a7), [w] "+r"(weights), [b] "+r"(columns), [n] "+r"(quads), [r] "=&r"(r), [s] "=&r"(s), [x] "=&r"(x)
        :
        : "cc", "memory");
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    acc[4] = a4;
    acc[5] = a5;
    acc[6] = a6;
    acc[7] = a7;
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
