/* The micro-kernel of convolution and FULLY_CONNECTED: columns of inputs times the weights of all channels, a channel
 * in every lane; three columns together, then one or two.
 *
 * A column is a window of `rows` rows of `run` bytes. Layout: weights in the order in
 * which a column's bytes are met, for each of them those of all channels; no padding. Ranges: as bw_requantize_rvv.h
 * states. Overlap: columns are read until the last output of those that are together is written.
 * Cost: per vector of channels (VLEN / 4 of them) and byte of a column 10.1 instructions for three or two columns, 6.1
 * for one; 90 and 50 per vector of channels.
 */
#ifndef BW_COLUMNS_S8_RVV_H
#define BW_COLUMNS_S8_RVV_H

#include "bw_requantize_rvv.h"

#define BW_COLUMNS 3 /* together */

typedef struct {
    const int8_t *weights;
    bw_requantize_rvv requantize;
    int32_t out_c;
    int32_t rows, run;
    int32_t step; /* from a column to the next */
} bw_columns_s8_rvv_params;

/* row_step: from a row of a column to the next. */
void bw_columns_s8_rvv(const bw_columns_s8_rvv_params *p, const int8_t *x, int32_t row_step, int32_t columns,
                       int8_t *output);

#endif /* BW_COLUMNS_S8_RVV_H */
