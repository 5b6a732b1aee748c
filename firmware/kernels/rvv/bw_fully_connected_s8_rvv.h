/* FULLY_CONNECTED with units in the lanes of vectors: up to three rows at a time through the micro-kernel of
 * bw_columns_s8_rvv.h, which states layouts, ranges and cost.
 *
 * Overlap: three rows are read while their results are written.
 */
#ifndef BW_FULLY_CONNECTED_S8_RVV_H
#define BW_FULLY_CONNECTED_S8_RVV_H

#include "bw_columns_s8_rvv.h"

typedef struct {
    int32_t rows;
    bw_columns_s8_rvv_params columns; /* a row is a column of one run */
} bw_fully_connected_s8_rvv_params;

void bw_fully_connected_s8_rvv(const bw_fully_connected_s8_rvv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_RVV_H */
