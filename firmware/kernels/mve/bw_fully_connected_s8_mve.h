/* FULLY_CONNECTED with VMLADAVA: row by row through the one-column micro-kernel of bw_block_s8_mve.h.
 *
 * Layout: weights and constants of the units as bw_block_s8_mve.h states.
 * Overlap: a row is read while its results are written.
 * Cost: that of the micro-kernel.
 */
#ifndef BW_FULLY_CONNECTED_S8_MVE_H
#define BW_FULLY_CONNECTED_S8_MVE_H

#include "bw_block_s8_mve.h"

typedef struct {
    int32_t rows;
    bw_block_s8_mve block;
} bw_fully_connected_s8_mve_params;

void bw_fully_connected_s8_mve(const bw_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_MVE_H */
