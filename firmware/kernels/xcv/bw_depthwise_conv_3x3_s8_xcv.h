/* 3x3 depthwise convolution, strides 1 and 2, by the rows of bw_depthwise_row_s8_xcv.h, which states the table.
 *
 * Layout: NHWC; a multiple of four channels, one output channel for each; no dilation; at most one column of padding on
 * either side. Scratch: where rows of padding are met, one row of the input that holds them. Overlap: a row of outputs
 * is written while its windows are read. Cores share rows of outputs or pairs of
 * channels.
 */
#ifndef BW_DEPTHWISE_CONV_3X3_S8_XCV_H
#define BW_DEPTHWISE_CONV_3X3_S8_XCV_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t padded; /* whether windows reach into rows of padding */
    const int32_t *table;
    int32_t input_zero_point, output_zero_point;
} bw_depthwise_conv_3x3_s8_xcv_params;

void bw_depthwise_conv_3x3_s8_xcv(const bw_depthwise_conv_3x3_s8_xcv_params *p, const int8_t *input, int8_t *output,
                                  void *scratch);

#endif /* BW_DEPTHWISE_CONV_3X3_S8_XCV_H */
