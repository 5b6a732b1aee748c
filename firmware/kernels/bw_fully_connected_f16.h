/* Fully connected layer in float: float16 activations, int8 weights.
 *
 * Layout: input [rows][depth], weights [units][depth], scale and bias [units], output [rows][units], apart from the
 * input. Each output is clamp(sum * scale + bias) with the sums of bw_fused_f16.h, in which weights count as w / 128.
 * No scratch. Cost: rows * units * depth products; on Helium 14 instructions for 32 of them.
 */
#ifndef BW_FULLY_CONNECTED_F16_H
#define BW_FULLY_CONNECTED_F16_H

#include <stdint.h>

typedef struct {
    int32_t rows, units, depth;
    const int8_t *weights;
    const float *scale, *bias;
    float low, high; /* range of the output */
} bw_fully_connected_f16_params;

void bw_fully_connected_f16(const bw_fully_connected_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_FULLY_CONNECTED_F16_H */
