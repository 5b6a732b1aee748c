/* Fully connected layer, int16 activations and int8 weights (16x8), 64-bit accumulators, requantization WIDE
 * or, where the bias is not int64, DOUBLE.
 *
 * Layout: input [rows][depth], weights [units][depth], output [rows][units]. The output may overlap
 * rows of the input that were read: a row of outputs is written while its row of inputs is read.
 * Cost: rows * units * depth MACs.
 */
#ifndef BW_FULLY_CONNECTED_S16_H
#define BW_FULLY_CONNECTED_S16_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;
    const int64_t *bias;       /* [units] */
    const int32_t *multiplier; /* [units], of 16 bits where wide */
    const int8_t *shift;       /* [units], > 0 is left */
    int32_t wide;              /* requantization: 1 WIDE; 0 DOUBLE, the accumulator then fits int32 */
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_fully_connected_s16_params;

void bw_fully_connected_s16(const bw_fully_connected_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_FULLY_CONNECTED_S16_H */
