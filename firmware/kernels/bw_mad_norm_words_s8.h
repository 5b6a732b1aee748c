/* Normalization of int8 rows by their mean absolute deviation, with constant gain and bias, by high words of products.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_mad_norm_words.h.
 * Cost: two passes of bw_mad_sums_s8.h and one of bw_norm_run_s8.h over a row, and one division of 64 bits per row.
 * Measured in rows of 64, all included: 28 instructions per element on a Cortex-M3, 26 on an M4, 9 on an M55, 36 on
 * RV32.
 */
#ifndef BW_MAD_NORM_WORDS_S8_H
#define BW_MAD_NORM_WORDS_S8_H

#include "bw_mad_norm_words.h"

typedef bw_mad_norm_words_params bw_mad_norm_words_s8_params;

void bw_mad_norm_words_s8(const bw_mad_norm_words_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MAD_NORM_WORDS_S8_H */
