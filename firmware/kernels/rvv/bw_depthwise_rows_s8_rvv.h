/* Depthwise convolution with channels in the lanes of vectors, two groups of lanes at a time, from copies of the last
 * kernel_h rows with padding around them.
 *
 * A group is a pixel, or `together` neighbouring pixels of fewer channels than a vector has lanes, for which weights
 * and constants are repeated; then stride_w is 1.
 * Layout: NHWC, one output channel for each input channel; weights [tap][channel]; no dilation; at most BW_ROWS rows.
 * Ranges: as bw_requantize_rvv.h states. Scratch, aligned to 4: what is repeated, kernel_h * kernel_w + 9 bytes for
 * each lane of a group, rounded up to words; kernel_h rows of `reach` pixels, what the windows of an even number of
 * groups cover. It must not overlap anything. Overlap: a row of outputs is written after the last row of its windows
 * was copied. Cost: per vector of channels and two groups 12 instructions per tap, 9.5 where windows of three columns
 * overlap by two, and 75; per row 30 and 7 for every VLEN bytes.
 */
#ifndef BW_DEPTHWISE_ROWS_S8_RVV_H
#define BW_DEPTHWISE_ROWS_S8_RVV_H

#include "bw_requantize_rvv.h"
#include "bw_window.h"

#define BW_ROWS 8

typedef struct {
    bw_window window;
    const int8_t *weights;
    bw_requantize_rvv requantize;
    int32_t input_zero_point;
    int32_t together;
    int32_t reach;
} bw_depthwise_rows_s8_rvv_params;

void bw_depthwise_rows_s8_rvv(const bw_depthwise_rows_s8_rvv_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

#endif /* BW_DEPTHWISE_ROWS_S8_RVV_H */
