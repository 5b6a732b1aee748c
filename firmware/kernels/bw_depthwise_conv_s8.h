/* Depthwise convolution, int8 activations and weights, int32 accumulators, requantization DOUBLE.
 *
 * Layout: input NHWC, weights [kernel_h][kernel_w][out_c], output NHWC; output channel c * depth_multiplier + m reads
 * input channel c. The input's zero point is subtracted per tap and padding taps are skipped. Ranges: every prefix of
 * bias + sum(w * (x - zero_point)) fits int32 (proven on the host). Overlap: pixels are written in raster order, each
 * after all reads of its window. Cost: batch * out_h * out_w * out_c * kernel_h * kernel_w MACs and one requantization
 * per output.
 */
#ifndef BW_DEPTHWISE_CONV_S8_H
#define BW_DEPTHWISE_CONV_S8_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t depth_multiplier;
    const int8_t *weights;
    const int32_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int8_t *shift;       /* [out_c], > 0 is left */
    int32_t weights_zero_point;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_depthwise_conv_s8_params;

void bw_depthwise_conv_s8(const bw_depthwise_conv_s8_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_H */
