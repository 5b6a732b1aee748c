/* Rows of int8 through a layer of bw_token_rows.h, four at a time, by the micro-kernel of bw_block_s8.h.
 *
 * The layer's weights are packed for that kernel. Scratch: 8 * depth bytes, depth rounded up to a multiple of four.
 */
#ifndef BW_TOKEN_ROWS_DSP_H
#define BW_TOKEN_ROWS_DSP_H

#include "bw_token_rows.h"

/* scales [rows], or none (a null pointer) where all rows have one. Four rows are read before the first of their outputs
 * is written. */
void bw_token_rows_dsp(const bw_token_layer *p, const int8_t *input, const int16_t *scales, void *output,
                       void *scratch);

#endif /* BW_TOKEN_ROWS_DSP_H */
