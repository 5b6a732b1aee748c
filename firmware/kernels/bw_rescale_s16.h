/* Requantization of int16 values by one slope (QUANTIZE, RELU and kin): output = requantized(x - input_zero_point) +
 * output_zero_point, DOUBLE and clamped.
 *
 * Ranges, proven on the host: multiplier from 2^30; right is 0 to 30, and left is 0 where it is not 0; the centred
 * value shifted by left + 1 bits fits int32, and so does its high product, doubled, plus 2^right + 1. May run in place.
 * Cost: some 10 instructions per element on a Cortex-M4.
 */
#ifndef BW_RESCALE_S16_H
#define BW_RESCALE_S16_H

#include <stdint.h>

typedef struct {
    int32_t size;
    int32_t input_zero_point;
    int32_t left, multiplier, right;
    int32_t output_zero_point;
    int32_t low, high;
} bw_rescale_s16_params;

void bw_rescale_s16(const bw_rescale_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_RESCALE_S16_H */
