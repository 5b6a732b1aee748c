/* The inner loops of attention of int8 for three queries at a time: products with keys by two multiplications for three
 * of them, and weighted sums of values.
 *
 * Layout: for the elements a, b, c of the queries, less their zero point, the words a + 2^11 b and b + 2^11 c, tap
 * after tap; bw_woven_dot_s8.h says how the products with a, b and c come out of those with both. Keys are rows of
 * bytes, `stride` apart. Ranges: count at least 1; taps 1 to BW_THREES_TAPS, for 255 * 128 * 32 < 2^20; more are taken
 * in parts.
 */
#ifndef BW_ATTEND_THREES_S8_H
#define BW_ATTEND_THREES_S8_H

#include <stdint.h>

#include "bw_woven_dot_s8.h"

#define BW_THREES_TAPS 32

/* sums[2 * j] and sums[2 * j + 1] = products of both words with key j, modulo 2^32. */
void bw_attend_threes_s8(const uint32_t *woven, const int8_t *keys, int32_t stride, int32_t count, int32_t taps,
                         uint32_t *sums);

/* sums[row * depth + i] = sum of weights[row * apart + j] * values[j * stride + i] over j, of two or three rows;
 * weights are 0..32767, and no partial sum leaves int32. Sums of the third row are overwritten at any rate. */
void bw_attend_three_values_s8(const int16_t *weights, int32_t apart, int32_t rows, const int8_t *values,
                               int32_t stride, int32_t count, int32_t depth, int32_t *sums);

#endif /* BW_ATTEND_THREES_S8_H */
