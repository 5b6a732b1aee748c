/* Depthwise convolution of up to 3x3 taps without strides: two by two outputs from one vector (bw_planes_s8_mve.h).
 *
 * Layout: NHWC, channels a multiple of four, tensors aligned to words. A line runs along rows or columns of the image,
 * as the host finds cheaper. Records of the channels as bw_planes_s8_mve.h states, the input's zero point folded into
 * the biases.
 * Scratch: two strips, `strip` bytes each; it must not overlap anything.
 * Overlap: exactly in place where the host finds every line read before it is written.
 * Cost: 4 instructions per output, 0.6 to bring its line, and some 55 per channel of two lines.
 */
#ifndef BW_DEPTHWISE_CONV_S8_PLANES_MVE_H
#define BW_DEPTHWISE_CONV_S8_PLANES_MVE_H

#include "bw_axis_mve.h"

typedef struct {
    int32_t batch, channels, in_image, out_image;
    bw_axis_mve along, across;
    int32_t strip;         /* bytes, a multiple of sixteen: eight for each place of a padded line */
    const int8_t *records; /* of all channels */
    int32_t input_zero_point;
    int32_t output_zero_point, low, high;
    int32_t simple;
} bw_depthwise_conv_s8_planes_mve_params;

void bw_depthwise_conv_s8_planes_mve(const bw_depthwise_conv_s8_planes_mve_params *p, const int8_t *input,
                                     int8_t *output, void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_PLANES_MVE_H */
