/* Layer or RMS normalization of int16 rows with constant gain and bias.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_layer_norm.h.
 * Cost: two passes over a row, with one multiplication per element in the first and three in the second (two of 64
 * bits), and a reciprocal square root per row.
 */
#ifndef BW_LAYER_NORM_S16_H
#define BW_LAYER_NORM_S16_H

#include "bw_layer_norm.h"

typedef bw_layer_norm_params bw_layer_norm_s16_params;

void bw_layer_norm_s16(const bw_layer_norm_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_LAYER_NORM_S16_H */
