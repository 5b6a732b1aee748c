/* Depthwise convolution with SMLAD: four channels at a time, two taps per multiplication.
 *
 * Layout: NHWC, channels a multiple of four, depth multiplier 1. Weights per four channels and pair of taps (t, u),
 * zero where the last pair lacks a tap, as the bytes  t[0] t[1] u[0] u[1]   t[2] t[3] u[2] u[3]. The input's zero point
 * is folded into the bias; right shifts of 1 to 31; accumulators stay below 2^30 in magnitude (proven on the host;
 * layers outside these bounds use bw_depthwise_conv_s8). Scratch: two pointers per pair of taps, then a pixel of
 * padding (in_c bytes). Overlap: pixels are written in raster order; a pixel's window is read while the pixel is
 * written. Cost: some 22 instructions per 8 MACs.
 */
#ifndef BW_DEPTHWISE_CONV_S8_DSP_H
#define BW_DEPTHWISE_CONV_S8_DSP_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_depthwise_conv_s8_dsp_params;

void bw_depthwise_conv_s8_dsp(const bw_depthwise_conv_s8_dsp_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_DSP_H */
