/* Fully connected layer in float: float32 activations, int8 weights.
 *
 * Layout: input [rows][depth], weights [units][depth], scale and bias [units], output [rows][units], apart from the
 * input. Each output is clamp(sum * scale + bias), where the sum takes one product after the other in the order of the
 * depth; four units at a time hide the latency of their sums. No scratch. Cost: rows * units * depth products.
 */
#ifndef BW_FULLY_CONNECTED_F32_H
#define BW_FULLY_CONNECTED_F32_H

#include <stdint.h>

typedef struct {
    int32_t rows, units, depth;
    const int8_t *weights;
    const float *scale, *bias;
    float low, high; /* range of the output */
} bw_fully_connected_f32_params;

void bw_fully_connected_f32(const bw_fully_connected_f32_params *p, const float *input, float *output);

#endif /* BW_FULLY_CONNECTED_F32_H */
