/* Normalization of int8 rows by their mean absolute deviation, with constant gain and bias.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_mad_norm.h.
 * Cost: three passes over a row, with one multiplication per element in the second and three in the third (two of 64
 * bits), and one division of 64 bits per row.
 */
#ifndef BW_MAD_NORM_S8_H
#define BW_MAD_NORM_S8_H

#include "bw_mad_norm.h"

typedef bw_mad_norm_params bw_mad_norm_s8_params;

void bw_mad_norm_s8(const bw_mad_norm_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MAD_NORM_S8_H */
