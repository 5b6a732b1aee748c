/* Fully connected layer on int8 rows with a scale each and a few int16 channels beside them; int8 or int16 out.
 *
 * y = requantize((sum(q * w) * scale << left) + (sum(o * v) << outlier_left) + bias), policy WIDE.
 * Layout: input [rows][depth], scales [rows], outliers [rows][outliers], output [rows][units]; constants as
 * bw_token_rows.h has them. The output may overlap rows of the first input that were read, and no other input.
 * Scratch: 2 bytes for each channel and each outlier, of either a multiple of four.
 * Cost: that of bw_rows_s8.c and bw_token_outputs.c, and some 12 instructions per output.
 */
#ifndef BW_FULLY_CONNECTED_SPLIT_H
#define BW_FULLY_CONNECTED_SPLIT_H

#include "bw_token_rows.h"

typedef struct {
    bw_token_layer layer;
    bw_token_outliers aside;
} bw_fully_connected_split_params;

void bw_fully_connected_split(const bw_fully_connected_split_params *p, const int8_t *input, const int16_t *scales,
                              const int16_t *outliers, void *output, void *scratch);

#endif /* BW_FULLY_CONNECTED_SPLIT_H */
