/* Layer or RMS normalization of int8 rows with constant gain and bias.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_layer_norm.h.
 * Cost: two passes over a row, with one multiplication per element in the first and three in the second (two of 64
 * bits), and a reciprocal square root per row. Measured on a Cortex-M4: 64 instructions per element of rows of 64.
 */
#ifndef BW_LAYER_NORM_S8_H
#define BW_LAYER_NORM_S8_H

#include "bw_layer_norm.h"

typedef bw_layer_norm_params bw_layer_norm_s8_params;

void bw_layer_norm_s8(const bw_layer_norm_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_LAYER_NORM_S8_H */
