/* Requantization of int16 and int32 values, one slope from zero up and one below (RELU, LEAKY_RELU, ABS, QUANTIZE).
 *
 * Elements of 1, 2 or 4 bytes, signed. May run in place where the output is no wider than the input.
 * Ranges: the centred value, shifted left, and the result before the clamp fit int32; slopes may be negative.
 * Requantization DOUBLE. Cost: one requantization per element.
 */
#ifndef BW_RESCALE_H
#define BW_RESCALE_H

#include <stdint.h>

typedef struct {
    int32_t size;
    int32_t input_bytes, output_bytes;
    int32_t multiplier, shift;
    int32_t negative_multiplier, negative_shift;
    int32_t input_zero_point, output_zero_point;
    int32_t low, high;
} bw_rescale_params;

void bw_rescale(const bw_rescale_params *p, const void *input, void *output);

#endif /* BW_RESCALE_H */
