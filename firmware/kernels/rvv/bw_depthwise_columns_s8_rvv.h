/* A part of a row of a depthwise convolution, with channels in the lanes of vectors: two output pixels at a time where
 * their windows do not leave the image at the sides, one elsewhere.
 *
 * Layout: NHWC, one output channel for each input channel; weights [tap][channel]. Ranges: as bw_requantize_rvv.h
 * states. Taps outside the image multiply the zero point.
 * Overlap: two pixels' windows are read until the last of their outputs is written.
 * Cost: per vector of channels and two pixels 11 instructions per tap, 10 where windows of three columns overlap by
 * two, and 80.
 */
#ifndef BW_DEPTHWISE_COLUMNS_S8_RVV_H
#define BW_DEPTHWISE_COLUMNS_S8_RVV_H

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

/* A row of outputs: the rows of its windows that are inside the image, and how many are above and below it. */
typedef struct {
    const int8_t *input; /* where the first of those inside starts */
    int32_t above, inside, below;
} bw_depthwise_row_rvv;

bw_depthwise_row_rvv bw_depthwise_row_s8_rvv(const bw_window *w, const int8_t *image, int32_t oy);

/* Output columns begin to end - 1; output is where the first of them goes. */
void bw_depthwise_columns_s8_rvv(const bw_depthwise_conv_s8_rvv_params *p, const bw_depthwise_row_rvv *row,
                                 int32_t begin, int32_t end, int8_t *output);

#endif /* BW_DEPTHWISE_COLUMNS_S8_RVV_H */
