/* Convolution four output pixels at a time, four channels each, through bw_tile_s8_xcv.h; windows are copied.
 *
 * Layout: NHWC; a multiple of four output channels. Weights and table as there; a window is one row of kernel_h times
 * row bytes, where row is kernel_w * in_c padded to a multiple of four, with weights of zero. Scratch: four such
 * windows of activations, none where windows are single pixels in order (1x1, stride 1) of a multiple of four channels:
 * these are read in place. Overlap: pixels are written four at a time in raster order, each four after all reads of
 * their windows where these are in scratch; where they are read in place, until the last of their outputs is written.
 * Cores share fours of pixels or groups of channels.
 */
#ifndef BW_CONV_S8_XCV_H
#define BW_CONV_S8_XCV_H

#include "bw_tile_s8_xcv.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t row; /* bytes of a row of a window, with padding */
    bw_tile_channels_xcv channels;
    int32_t input_zero_point;
} bw_conv_s8_xcv_params;

void bw_conv_s8_xcv(const bw_conv_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_XCV_H */
