/* Fully connected layer, int8 activations and weights, int32 accumulators, requantization DOUBLE.
 *
 * Layout: input [rows][depth], output [rows][units]; generic and rv32 read weights [units][depth], armv7em pairs of
 * units packed as bw_block_s8.h states. The input's zero point is folded into the bias. Scratch: as the lowering states
 * (armv7em widens the input to int16 there); none on generic and rv32. Cost: rows * units * depth MACs and one
 * requantization per output.
 */
#ifndef BW_FULLY_CONNECTED_S8_H
#define BW_FULLY_CONNECTED_S8_H

#include "bw_dot_s8.h"

typedef struct {
    int32_t rows;
    bw_dot_s8_params dot;
} bw_fully_connected_s8_params;

void bw_fully_connected_s8(const bw_fully_connected_s8_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_H */
