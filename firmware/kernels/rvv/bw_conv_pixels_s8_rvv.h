/* Convolution with output pixels of a row in the lanes of vectors, three channels at a time and then
 * two or one: for layers of fewer channels than a vector has lanes.
 *
 * Layout: NHWC; weights [channel][kernel_h][kernel_w][in_c]; no dilation along rows. Ranges: as bw_requantize_rvv.h
 * states. Scratch: where windows leave the image, the rows that an output row's windows cover, kernel_h times `reach`
 * pixels, for a copy with padding; it must not overlap anything.
 * Overlap: rows that are copied are so before their outputs are written; others are read while up to `together` pixels
 * are written.
 * Cost: per vector of pixels (VLEN / 4 of them) and tap 10 instructions for three or two channels, 6 for one; 130 and
 * 60.
 */
#ifndef BW_CONV_PIXELS_S8_RVV_H
#define BW_CONV_PIXELS_S8_RVV_H

#include "bw_requantize_rvv.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    const int8_t *weights;
    bw_requantize_rvv requantize;
    int32_t out_c;
    int32_t together; /* most pixels of a vector */
    int32_t reach;
    int32_t input_zero_point;
} bw_conv_pixels_s8_rvv_params;

void bw_conv_pixels_s8_rvv(const bw_conv_pixels_s8_rvv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_PIXELS_S8_RVV_H */
