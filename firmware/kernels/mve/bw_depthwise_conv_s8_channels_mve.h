/* Depthwise convolution of up to sixteen taps, sixteen channels at a time, through the micro-kernel of
 * bw_channels_s8_mve.h.
 *
 * Layout: NHWC, channels a multiple of four, any stride and dilation; the input's zero point folded into the biases.
 * Scratch: a pixel of the input, which stands for those outside the image; it must not overlap anything.
 * Overlap: pixels are written in raster order; a pixel's window is still read while its first channels are written.
 * Cost: that of the micro-kernel, 15 instructions per pixel, and some 165 for each run of pixels: those of a row whose
 * windows lie in the image, or one whose window does not.
 */
#ifndef BW_DEPTHWISE_CONV_S8_CHANNELS_MVE_H
#define BW_DEPTHWISE_CONV_S8_CHANNELS_MVE_H

#include "bw_channels_s8_mve.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    bw_channels_s8_mve block;
    int32_t input_zero_point;
    int32_t inner_begin, inner_end; /* columns whose windows do not leave the input at the sides */
} bw_depthwise_conv_s8_channels_mve_params;

void bw_depthwise_conv_s8_channels_mve(const bw_depthwise_conv_s8_channels_mve_params *p, const int8_t *input,
                                       int8_t *output, void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_CHANNELS_MVE_H */
