/* Fully connected layer on int8 rows with a scale each; int8 or int16 out.
 *
 * y = requantize(sum(q * w) * scale + bias), policy WIDE.
 * Layout: input [rows][depth], scales [rows], output [rows][units]; constants as bw_token_rows.h has them.
 * The output may overlap rows of the first input that were read, and no other input. Scratch: 2 * depth bytes, depth
 * rounded up to a multiple of four.
 * Cost: that of bw_rows_s8.c and bw_token_outputs.c.
 */
#ifndef BW_FULLY_CONNECTED_TOKENS_H
#define BW_FULLY_CONNECTED_TOKENS_H

#include "bw_token_rows.h"

typedef struct {
    bw_token_layer layer;
} bw_fully_connected_tokens_params;

void bw_fully_connected_tokens(const bw_fully_connected_tokens_params *p, const int8_t *input, const int16_t *scales,
                               void *output, void *scratch);

#endif /* BW_FULLY_CONNECTED_TOKENS_H */
