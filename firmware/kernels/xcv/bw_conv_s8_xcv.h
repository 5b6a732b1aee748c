/* Convolution four output pixels at a time, four channels each, through bw_tile_s8_xcv.h.
 *
 * Layout: NHWC; out_c is a multiple of four. weights: int8 [out_c][kernel_h][row], where row is kernel_w * in_c padded
 * to a multiple of four with zeros; constants per channel and ranges as there. Scratch: four such windows of
 * activations, none where windows are single pixels in order (1x1, stride 1) of a multiple of four channels: these are
 * read in place. Overlap: pixels are written four at a time in raster order, each four after all reads of their windows
 * where these are in scratch; where they are read in place, until the last of their outputs is written.
 */
#ifndef BW_CONV_S8_XCV_H
#define BW_CONV_S8_XCV_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    int32_t row; /* bytes of a row of a window, with padding */
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t input_zero_point, output_zero_point;
    int32_t low, high;
    int32_t rectified;
} bw_conv_s8_xcv_params;

void bw_conv_s8_xcv(const bw_conv_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_XCV_H */
