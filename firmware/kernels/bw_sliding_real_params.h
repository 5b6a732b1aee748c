/* Windows that slide over rows and columns in float, and means over axes; float32 or float16, int8 weights.
 *
 * Layout: input [batch][height][width][channels], output the same with its own height, width and channels. Taps beyond
 * the input are left out. Sums go over the rows of the window, then its columns, then the channels; of float16 those of
 * convolutions are stated in bw_fused_f16.h.
 *   bw_conv        weights [units][kernel rows][kernel columns][channels], a scale and a bias for each unit:
 *                  clamp(sum * scale + bias)
 *   bw_depthwise   weights [kernel rows][kernel columns][units], units = channels * multiplier, alike
 *   bw_pool        the mean of the taps inside the input, or the largest of them
 *   bw_mean        [outer][size][inner] to [outer][inner]: the sum times `share`, 1 / size
 * The output may not overlap the input. No scratch but bw_conv_f16's. Cost: a product per output and tap (of bw_conv
 * and channel).
 */
#ifndef BW_SLIDING_REAL_PARAMS_H
#define BW_SLIDING_REAL_PARAMS_H

#include <stdint.h>

/* Pairs are rows, columns. */
typedef struct {
    int32_t batch, channels;
    int32_t input[2], kernel[2], stride[2], dilation[2], before[2], output[2];
} bw_window_real;

typedef struct {
    bw_window_real window;
    int32_t units;
    const int8_t *weights;
    const float *scale, *bias;
    float low, high; /* range of the output */
} bw_sliding_real_params;

typedef struct {
    bw_window_real window;
    int32_t largest; /* of the taps, else their mean */
    float low, high;
} bw_pool_real_params;

typedef struct {
    int32_t outer, size, inner;
    float share;
} bw_mean_real_params;

#endif /* BW_SLIDING_REAL_PARAMS_H */
