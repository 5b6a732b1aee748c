/* Depthwise convolution four channels at a time, their accumulators in registers.
 *
 * Layout: NHWC, weights [kernel_h][kernel_w][channels], depth multiplier 1. Weights have no zero point; the input's is
 * folded into the bias, and taps outside the input read a pixel of it. Right shifts of 1 to 31; accumulators stay below
 * 2^30 in magnitude (proven on the host; layers outside these bounds use bw_depthwise_conv_s8). Scratch: one pointer
 * per tap, then a pixel of padding (in_c bytes). Overlap: pixels are written in raster order; a pixel's window is read
 * while the pixel is written. Cost: some 21 instructions per 4 MACs.
 */
#ifndef BW_DEPTHWISE_CONV_S8_BLOCKED_H
#define BW_DEPTHWISE_CONV_S8_BLOCKED_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    const int8_t *weights;
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels] */
    const int8_t *right;       /* [channels] */
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_depthwise_conv_s8_blocked_params;

void bw_depthwise_conv_s8_blocked(const bw_depthwise_conv_s8_blocked_params *p, const int8_t *input, int8_t *output,
                                  void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_BLOCKED_H */
