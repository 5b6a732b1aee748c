/* Convolution whose windows are of at most 32 bytes, through the micro-kernels of bw_shallow_s8_mve.h.
 *
 * Layout: NHWC, output channels a multiple of four; weights and constants as bw_shallow_s8_mve.h states, the input's
 * zero point folded into the biases. Windows of a single pixel without padding are read where they are; others are
 * first copied to scratch, `together` times `windows.pitch` bytes, 16 or 32, which must not overlap anything.
 * Overlap: as many pixels as are computed together, those of one row where they are read in place, are read before or
 * while they are written; a later one may not be overwritten.
 * Cost: that of the micro-kernels and of copying (bw_windows_s8_mve.h).
 */
#ifndef BW_CONV_S8_SHALLOW_MVE_H
#define BW_CONV_S8_SHALLOW_MVE_H

#include "bw_block_s8_mve.h"
#include "bw_windows_s8_mve.h"

typedef struct {
    bw_windows_s8_mve windows;
    bw_block_s8_mve block;
    int32_t in_place; /* the windows are single pixels inside the input */
    int32_t together; /* pixels of a run at most */
} bw_conv_s8_shallow_mve_params;

void bw_conv_s8_shallow_mve(const bw_conv_s8_shallow_mve_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_SHALLOW_MVE_H */
