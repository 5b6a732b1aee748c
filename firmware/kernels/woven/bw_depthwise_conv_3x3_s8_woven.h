/* 3x3 depthwise convolution for cores that multiply one word at a time: three output pixels by two multiplications
 * (bw_woven_dot_s8.h).
 *
 * Channel by channel, line by line (rows or columns), over three woven lines of the input in turn: word p is
 * x[p] + 2^11 x[p + stride], so that the words p and p + stride serve the outputs p, p + 1 and p + 2. A line's last
 * outputs are computed with the last three, some of them twice.
 * Ranges: as bw_conv_s8_woven.h; no dilation, depth multiplier 1; along a line stride 1 or 2, padding at most 1, at
 * least three outputs and two elements of input; from line to line a stride up to 3. Scratch: 3 * words + 15 words. In
 * place at distance 0: lines are woven before the outputs over them are written (the host proves it).
 */
#ifndef BW_DEPTHWISE_CONV_3X3_S8_WOVEN_H
#define BW_DEPTHWISE_CONV_3X3_S8_WOVEN_H

#include <stdint.h>

/* One axis of the image. */
typedef struct {
    int32_t inputs, outputs;
    int32_t stride, pad;
    int32_t in_step, out_step; /* bytes from one element to the next */
} bw_woven_axis;

typedef struct {
    int32_t batch, channels;
    int32_t in_bytes, out_bytes; /* of an image */
    bw_woven_axis lines, along;
    int32_t words;         /* of a woven line: (outputs - 1) * stride + 3 - stride */
    const int8_t *weights; /* [channels][3 lines][3] */
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_depthwise_conv_3x3_s8_woven_params;

void bw_depthwise_conv_3x3_s8_woven(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *input, int8_t *output,
                                    void *scratch);

#endif /* BW_DEPTHWISE_CONV_3X3_S8_WOVEN_H */
