/* Fully connected layer, int16 activations and int8 weights, a unit in every lane, two rows together; requantization
 * WIDE.
 *
 * Layout: input [rows][depth], output [rows][units], weights [depth][units]. Ranges, proven on the host: no sum leaves
 * int32, shifts are at most -2, zero points 0. Overlap: two rows are read until their last results are written.
 * Cost: per vector of units (VLEN / 4 of them) and value of a row 3.5 instructions where rows are together.
 */
#ifndef BW_FULLY_CONNECTED_S16_RVV_H
#define BW_FULLY_CONNECTED_S16_RVV_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;
    const int32_t *bias;       /* [units] */
    const int32_t *multiplier; /* [units], of 16 bits in the high half */
    const int8_t *right;       /* [units], right shift of the product's high word: 1..30 */
    int32_t low, high;
} bw_fully_connected_s16_rvv_params;

void bw_fully_connected_s16_rvv(const bw_fully_connected_s16_rvv_params *p, const int16_t *input, int16_t *output);

#endif /* BW_FULLY_CONNECTED_S16_RVV_H */
