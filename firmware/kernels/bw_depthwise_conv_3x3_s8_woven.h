/* 3x3 depthwise convolution for cores that multiply one word at a time: three output pixels by two multiplications
 * (bw_woven_dot_s8.h).
 *
 * Channel by channel, row by row, over three woven rows of the input in turn: word p is x[p] + 2^11 x[p + stride_w], so
 * that the words p and p + stride_w serve the outputs p, p + 1 and p + 2. A row's last outputs are computed with the
 * last three, some of them twice.
 * Ranges: as bw_conv_s8_woven.h; 3x3, no dilation, depth multiplier 1, stride_w 1 or 2, stride_h up to 3, pad_w at most
 * 1, at least three outputs in a row and two columns of input. Scratch: 3 * words + 15 words.
 * In place at distance 0: rows are woven before the outputs over them are written (the host proves it).
 */
#ifndef BW_DEPTHWISE_CONV_3X3_S8_WOVEN_H
#define BW_DEPTHWISE_CONV_3X3_S8_WOVEN_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t words;         /* of a woven row: (out_w - 1) * stride_w + 3 - stride_w */
    const int8_t *weights; /* [channels][3][3] */
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
