/* Three columns woven into two words, so that two multiply-accumulates serve three products.
 *
 * For the elements a, b, c of three columns the words are a + 2^11 b and b + 2^11 c. The dot products of both with the
 * same weights, T = A + 2^11 B and U = B + 2^11 C modulo 2^32, give A, B and C back wherever
 *     -2^21 <= A < 2^21, -2^20 <= B < 2^20 and -2^20 <= C < 2^20:
 * T - 2^11 U = A - 2^22 C, whose lowest 22 bits are A; then B = (T - A) / 2^11 and C = (U - B) / 2^11.
 * Sums of more taps than that proves (on the host) are taken in parts.
 */
#ifndef BW_WOVEN_DOT_S8_H
#define BW_WOVEN_DOT_S8_H

#include <stdint.h>

#include "bw_requantize_16.h"

#define BW_WOVEN 3    /* columns */
#define BW_WEAVE 2048 /* what one is shifted by against the next */

/* How rows of channels are multiplied with woven columns. */
typedef struct {
    int32_t depth;    /* taps */
    int32_t part;     /* taps of a part whose sums are in range */
    int32_t channels; /* of the output */
    int32_t count;    /* columns whose outputs are written */
    int32_t offset;   /* 2 * output zero point + 1 */
} bw_woven_s8_shape;

/* The dot products of all channels with the woven columns, requantized and saturated to int8, column by column. How
 * many columns there are (three or six) and how rows and columns are laid out is the instruction set's. */
void bw_woven_dot_s8(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape);

/* Add the three sums of two words. */
static inline void bw_unweave(int32_t first, int32_t second, int32_t sums[BW_WOVEN]) {
    const uint32_t t = (uint32_t)first, u = (uint32_t)second;
    const int32_t a = (int32_t)((t - u * BW_WEAVE) << 10) >> 10;
    const int32_t b = (int32_t)(t - (uint32_t)a) >> 11;
    sums[0] += a;
    sums[1] += b;
    sums[2] += (int32_t)(u - (uint32_t)b) >> 11;
}

/* Rounding DOUBLE (bw_fixedpoint.h), saturated to int8; right shift - 1 in the lowest byte of `head`. |acc| < 2^30, and
 * 2^23 on cores without long products. */
static inline int8_t bw_requantize_woven(int32_t acc, int32_t multiplier, int32_t head, int32_t offset) {
#if defined(__ARM_ARCH) && __ARM_ARCH < 7
    return (int8_t)bw_requantize_16(acc, multiplier >> 16, multiplier & 0xFFFF, head & 0xFF, offset);
#else
    int32_t value = (int32_t)(((int64_t)(2 * acc) * multiplier + (INT64_C(1) << 31)) >> 32);
    value -= value < 0;
    value = ((value >> (head & 0xFF)) + offset) >> 1;
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
#endif
}

#endif /* BW_WOVEN_DOT_S8_H */
