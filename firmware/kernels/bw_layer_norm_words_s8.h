/* Layer or RMS normalization of int8 rows with constant gain and bias, by high words of products.
 *
 * Layout: input and output [rows][depth]; may run in place. Arithmetic, parameters and ranges: bw_layer_norm_words.h.
 * Cost: two passes over a row and a reciprocal square root per row. Measured in rows of 64, all included: 18
 * instructions per element on a Cortex-M4, 21 on an M3, 5.6 on an M55, 30 on RV32.
 */
#ifndef BW_LAYER_NORM_WORDS_S8_H
#define BW_LAYER_NORM_WORDS_S8_H

#include "bw_layer_norm_words.h"

typedef bw_layer_norm_words_params bw_layer_norm_words_s8_params;

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_LAYER_NORM_WORDS_S8_H */
