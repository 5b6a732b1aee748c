/* Depthwise convolution with output pixels of a row in the lanes of vectors, channel by channel, where windows do not
 * leave the image at the sides, and through bw_depthwise_columns_s8_rvv.h elsewhere: for layers of fewer channels than
 * a vector has lanes.
 *
 * Layouts and ranges: as there. Overlap: the windows of a row are read until the last of its outputs is written.
 * Cost: per channel and vector of pixels (VLEN / 4 of them) 8 instructions per tap and 60.
 */
#ifndef BW_DEPTHWISE_PIXELS_S8_RVV_H
#define BW_DEPTHWISE_PIXELS_S8_RVV_H

#include "bw_depthwise_columns_s8_rvv.h"

typedef bw_depthwise_conv_s8_rvv_params bw_depthwise_pixels_s8_rvv_params;

void bw_depthwise_pixels_s8_rvv(const bw_depthwise_pixels_s8_rvv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_DEPTHWISE_PIXELS_S8_RVV_H */
