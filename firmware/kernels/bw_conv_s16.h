/* Convolution, int16 activations and int8 weights (16x8), 64-bit accumulators, requantization WIDE
 * or, where the bias is not int64, DOUBLE.
 *
 * Layout: NHWC, weights [out_c][kernel_h][kernel_w][in_c]. bw_depthwise_conv_s16 shares the parameters, with weights
 * [kernel_h][kernel_w][out_c] and depth_multiplier > 0.
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: batch * out_h * out_w * out_c * kernel_h * kernel_w * in_c MACs (depthwise: without in_c).
 */
#ifndef BW_CONV_S16_H
#define BW_CONV_S16_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    int32_t depth_multiplier;
    const int8_t *weights;
    const int64_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c], of 16 bits where wide */
    const int8_t *shift;       /* [out_c], > 0 is left */
    int32_t wide;              /* requantization: 1 WIDE; 0 DOUBLE, the accumulator then fits int32 */
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_conv_s16_params;

void bw_conv_s16(const bw_conv_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_CONV_S16_H */
