/* Fully connected layer, four units at a time through bw_tile_s8_xcv.h.
 *
 * Weights and table as there, the depth padded to a multiple of four with zeros; units beyond the last group of four
 * follow, [unit][depth], with bias, multiplier and shift each. Several rows need a multiple of four units. Scratch: one
 * padded row where the depth is no multiple of four, else none. Overlap: a row is read while its results are written.
 * Cores share the groups.
 */
#ifndef BW_FULLY_CONNECTED_S8_XCV_H
#define BW_FULLY_CONNECTED_S8_XCV_H

#include "bw_tile_s8_xcv.h"

typedef struct {
    int32_t rows, depth;
    bw_tile_channels_xcv units;
} bw_fully_connected_s8_xcv_params;

void bw_fully_connected_s8_xcv(const bw_fully_connected_s8_xcv_params *p, const int8_t *input, int8_t *output,
                               void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_XCV_H */
