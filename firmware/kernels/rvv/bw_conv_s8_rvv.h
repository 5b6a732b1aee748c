/* Convolution with channels in the lanes of vectors: three output pixels of a row at a time, through the micro-kernel
 * of bw_columns_s8_rvv.h, which states layouts and ranges.
 *
 * Windows inside the image are read where they are; for the others the rows that three windows cover are copied with
 * padding. Where `reach` is 0, windows are copied one by one, so that a column is a single run of bytes: that serves
 * dilation along rows, and rows of few bytes. Scratch: for a copy, kernel_h times `reach` pixels, or three windows; it
 * must not overlap anything.
 * Overlap: the outputs of three pixels are written while their windows are read.
 * Cost: that of the micro-kernel, and per copy 20 instructions for each row of a window, or for each of its columns'
 * bytes.
 */
#ifndef BW_CONV_S8_RVV_H
#define BW_CONV_S8_RVV_H

#include "bw_columns_s8_rvv.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    bw_columns_s8_rvv_params columns;
    int32_t inner_begin, inner_end; /* columns whose windows do not leave the image at the sides */
    int32_t reach;                  /* pixels of a row that the windows of three neighbours cover */
    int32_t input_zero_point;
} bw_conv_s8_rvv_params;

void bw_conv_s8_rvv(const bw_conv_s8_rvv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_RVV_H */
