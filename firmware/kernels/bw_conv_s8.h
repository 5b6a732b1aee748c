/* Convolution, int8 activations and weights, int32 accumulators, requantization DOUBLE.
 *
 * Layout: input and output NHWC. The generic and rv32 kernels read weights [out_c][kernel_h][kernel_w][in_c]; the
 * armv7em kernel reads pairs of output channels packed as bw_block_s8.h states. The host folds the input's zero point
 * into the bias (bias - zero_point * sum of weights), so padding is filled with input_zero_point and every tap
 * multiplies the stored int8 values. Ranges: every prefix of bias + sum(w * x) fits int32 (proven on the host).
 * Scratch: bytes as the lowering states; none for a 1x1 kernel of stride 1 on generic and rv32.
 * Overlap: pixels are written in raster order, each after all reads of its window.
 * Cost: batch * out_h * out_w * out_c * kernel_h * kernel_w * in_c MACs and one requantization per output.
 */
#ifndef BW_CONV_S8_H
#define BW_CONV_S8_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int8_t *weights;
    const int32_t *bias;       /* [out_c], input zero point folded in */
    const int32_t *multiplier; /* [out_c] */
    const int8_t *shift;       /* [out_c], > 0 is left */
    int32_t weights_zero_point;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_conv_s8_params;

void bw_conv_s8(const bw_conv_s8_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_H */
