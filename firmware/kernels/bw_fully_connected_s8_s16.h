/* Fully connected layer on int8 rows of one static scale; int8 or int16 out.
 *
 * y = requantize(sum(q * w) + bias), policy WIDE; the input's zero point is in the bias.
 * Layout: input [rows][depth], output [rows][units]. The output may overlap rows of the
 * input that were read.
 * Ranges: sum(q * w) fits int32, the whole 48 bits (proven on the host).
 * Cost: rows * units * depth MACs, and one multiplication of 64 bits per output.
 */
#ifndef BW_FULLY_CONNECTED_S8_S16_H
#define BW_FULLY_CONNECTED_S8_S16_H

#include "bw_tokens.h"

typedef struct {
    bw_token_layer layer;
} bw_fully_connected_s8_s16_params;

void bw_fully_connected_s8_s16(const bw_fully_connected_s8_s16_params *p, const int8_t *input, void *output);

#endif /* BW_FULLY_CONNECTED_S8_S16_H */
