/* Convolution with VMLADAVA: three output pixels at a time through the micro-kernel of bw_block_s8_mve.h.
 *
 * Layout: NHWC; weights and constants of the channels as bw_block_s8_mve.h states, the input's zero point folded into
 * the biases. Windows of a single pixel without padding are read where they are; others are first copied to scratch,
 * three times kernel_h * kernel_w * in_c bytes, which must not overlap anything.
 * Overlap: copied windows leave the input before any of their pixels is written; windows that are read in place are
 * still read while their three pixels are written.
 * Cost: that of the micro-kernel and of copying (bw_windows_s8_mve.h).
 */
#ifndef BW_CONV_S8_MVE_H
#define BW_CONV_S8_MVE_H

#include "bw_block_s8_mve.h"
#include "bw_windows_s8_mve.h"

typedef struct {
    bw_windows_s8_mve windows;
    bw_block_s8_mve block;
    int32_t in_place; /* the windows are single pixels inside the input */
} bw_conv_s8_mve_params;

void bw_conv_s8_mve(const bw_conv_s8_mve_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_MVE_H */
