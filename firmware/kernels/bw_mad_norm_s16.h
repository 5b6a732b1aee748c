/* Normalization of int16 rows by their mean absolute deviation, with constant gain and bias.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_mad_norm.h.
 * Cost: three passes over a row, with one multiplication per element in the second and three in the third (two of 64
 * bits), and one division of 64 bits per row.
 */
#ifndef BW_MAD_NORM_S16_H
#define BW_MAD_NORM_S16_H

#include "bw_mad_norm.h"

typedef bw_mad_norm_params bw_mad_norm_s16_params;

void bw_mad_norm_s16(const bw_mad_norm_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_MAD_NORM_S16_H */
