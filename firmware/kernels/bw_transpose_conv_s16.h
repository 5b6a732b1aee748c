/* Transposed convolution, int16 activations and int8 weights, 64-bit accumulators, requantization WIDE
 * or, where the bias is not int64, DOUBLE.
 *
 * Layout: NHWC, weights [out_c][kernel_h][kernel_w][in_c]. The window is that of the convolution which maps the
 * output's size to the input's: window.in_h/in_w are the output's size here, window.out_h/out_w the input's. The output
 * may not overlap the input. Cost: every input pixel times out_c * kernel_h * kernel_w * in_c MACs.
 */
#ifndef BW_TRANSPOSE_CONV_S16_H
#define BW_TRANSPOSE_CONV_S16_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int8_t *weights;
    const int64_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c], of 16 bits where wide */
    const int8_t *shift;       /* [out_c], > 0 is left */
    int32_t wide;              /* requantization: 1 WIDE; 0 DOUBLE, the accumulator then fits int32 */
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_transpose_conv_s16_params;

void bw_transpose_conv_s16(const bw_transpose_conv_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_TRANSPOSE_CONV_S16_H */
