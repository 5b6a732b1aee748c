/* Convolution with channels in the lanes of vectors: three output pixels of a row at a time, through the micro-kernel
 * of bw_columns_s8_rvv.h, which states layouts and ranges.
 *
 * Windows inside the image are read where they are. Scratch: where some are not, the rows that three windows cover,
 * kernel_h times `reach` pixels, for a copy with padding; it must not overlap anything.
 * Overlap: the outputs of three pixels are written while their windows are read.
 * Cost: that of the micro-kernel, and some 40 instructions per three pixels; 20 more per row of a window that leaves
 * the image.
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
