/* Convolution two output pixels at a time, through bw_dot_pair_s8.h.
 *
 * Everything as bw_conv_s8.h states, but: right holds right shifts of 1 to 31; accumulators stay below 2^30 in
 * magnitude (proven on the host; layers outside these bounds use bw_conv_s8); weights have no zero point. Scratch: two
 * columns of kernel_h * kernel_w * in_c bytes, none where the kernel is 1x1 with stride 1. Overlap: pixels are written
 * in pairs in raster order, each pair after all reads of its windows where columns are buffered; where they are not,
 * the pair's pixels are read until its last output is written.
 */
#ifndef BW_CONV_S8_PAIRS_H
#define BW_CONV_S8_PAIRS_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_conv_s8_pairs_params;

void bw_conv_s8_pairs(const bw_conv_s8_pairs_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_PAIRS_H */
