/* Fully connected layer on int8 rows with a scale each; int8 or int16 out.
 *
 * y = requantize(sum(q * w) * scale + bias), policy WIDE.
 * Layout: input [rows][depth], scales [rows], output [rows][units]. The output may overlap rows of the
 * first input that were read, and no other input.
 * Ranges: sum(q * w) fits int32, the whole 48 bits (proven on the host).
 * Cost: rows * units * depth MACs, and two multiplications of 64 bits per output.
 */
#ifndef BW_FULLY_CONNECTED_TOKENS_H
#define BW_FULLY_CONNECTED_TOKENS_H

#include "bw_tokens.h"

typedef struct {
    bw_token_layer layer;
} bw_fully_connected_tokens_params;

void bw_fully_connected_tokens(const bw_fully_connected_tokens_params *p, const int8_t *input, const int16_t *scales,
                               void *output);

#endif /* BW_FULLY_CONNECTED_TOKENS_H */
