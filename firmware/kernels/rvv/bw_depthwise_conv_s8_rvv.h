/* Depthwise convolution with channels in the lanes of vectors: two output pixels of a row at a time where their windows
 * do not leave the image at the sides, one elsewhere.
 *
 * Layout: NHWC, one output channel for each input channel; weights [tap][channel]. Ranges: as bw_requantize_rvv.h
 * states. No scratch: taps outside the image multiply the zero point.
 * Overlap: two pixels' windows are read until the last of their outputs is written.
 * Cost: per vector of channels and two pixels 11 instructions per tap, 9 where windows of three columns overlap by
 * two, and 60.
 */
#ifndef BW_DEPTHWISE_CONV_S8_RVV_H
#define BW_DEPTHWISE_CONV_S8_RVV_H

#include "bw_requantize_rvv.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    const int8_t *weights;
    bw_requantize_rvv requantize;
    int32_t input_zero_point;
    int32_t inner_begin, inner_end; /* columns whose windows do not leave the image at the sides */
    int32_t sliding;                /* three columns of taps, stride_w and dilation_w 1 */
} bw_depthwise_conv_s8_rvv_params;

void bw_depthwise_conv_s8_rvv(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_DEPTHWISE_CONV_S8_RVV_H */
