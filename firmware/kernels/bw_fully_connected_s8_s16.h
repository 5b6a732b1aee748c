/* Fully connected layer on int8 rows of one static scale; int8 or int16 out.
 *
 * y = requantize(sum(q * w) + bias), policy WIDE; the input's zero point is in the bias.
 * Layout: input [rows][depth], output [rows][units]; constants as bw_token_rows.h has them.
 * The output may overlap rows of the input that were read. Scratch: 2 * depth bytes, depth rounded up to a multiple of
 * four.
 * Cost: that of bw_rows_s8.c and bw_token_outputs.c.
 */
#ifndef BW_FULLY_CONNECTED_S8_S16_H
#define BW_FULLY_CONNECTED_S8_S16_H

#include "bw_token_rows.h"

typedef struct {
    bw_token_layer layer;
} bw_fully_connected_s8_s16_params;

void bw_fully_connected_s8_s16(const bw_fully_connected_s8_s16_params *p, const int8_t *input, void *output,
                               void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_S16_H */
