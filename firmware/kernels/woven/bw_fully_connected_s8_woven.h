/* Fully connected layer of four units by three multiplications, for cores that multiply one word at a time and load
 * halfwords at any address.
 *
 * A tap's weights of four units are four bytes a, b, c, d, each the weight plus 128. The halfwords at offsets 0, 1 and
 * 2 are a + 256 b, b + 256 c and c + 256 d; their sums of products T, U and V, modulo 2^32, give the units' sums back
 * where those fit 24 bits:
 *     T - 2^8 U + 2^16 V = A + 2^24 D, whose lowest 24 bits are A; then B = (T - A) / 2^8 and so on.
 * What 128 adds to every weight is taken off once per input.
 * Layout: per four units (the last ones filled with zeros) eight words, bias << 8 | right shift - 1 and multiplier of
 * each, and then a word per tap. Ranges: right shifts of at least 1, accumulators below 2^23 (proven on the host;
 * layers outside these bounds use bw_fully_connected_s8); weights have no zero point.
 */
#ifndef BW_FULLY_CONNECTED_S8_WOVEN_H
#define BW_FULLY_CONNECTED_S8_WOVEN_H

#include <stdint.h>

typedef struct {
    int32_t inputs, depth, units; /* inputs: how many vectors of `depth` */
    const int32_t *rows;
    int32_t output_zero_point;
    int32_t low, high;
} bw_fully_connected_s8_woven_params;

void bw_fully_connected_s8_woven(const bw_fully_connected_s8_woven_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_WOVEN_H */
