/* Fully connected layer on int8 rows with a scale each and a few int16 channels beside them; int8 or int16 out.
 *
 * y = requantize((sum(q * w) * scale << left) + (sum(o * v) << outlier_left) + bias), policy WIDE.
 * Layout: input [rows][depth], scales [rows], aside [rows][outliers], output [rows][units]. The output may overlap
 * rows of the first input that were read, and no other input.
 * Ranges: both sums fit int32, the whole 48 bits (proven on the host).
 * Cost: rows * units * (depth + outliers) MACs, and two multiplications of 64 bits per output.
 */
#ifndef BW_FULLY_CONNECTED_SPLIT_H
#define BW_FULLY_CONNECTED_SPLIT_H

#include "bw_tokens.h"

typedef struct {
    bw_token_layer layer;
    int32_t outliers;
    const int8_t *outlier_weights;     /* [units][outliers] */
    const int8_t *left, *outlier_left; /* [units], 0..15 */
} bw_fully_connected_split_params;

void bw_fully_connected_split(const bw_fully_connected_split_params *p, const int8_t *input, const int16_t *scales,
                              const int16_t *aside, void *output);

#endif /* BW_FULLY_CONNECTED_SPLIT_H */
