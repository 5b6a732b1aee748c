/* Average pooling as bw_avgpool_s8.h, eight channels at a time in halfwords.
 *
 * Layout: NHWC; at most 256 taps. Ties round away from zero, or up where half_up is set.
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: that of bw_box_s8_mve.h, and some 60 per pixel.
 */
#ifndef BW_AVGPOOL_S8_MVE_H
#define BW_AVGPOOL_S8_MVE_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
    int32_t half_up;
} bw_avgpool_s8_mve_params;

void bw_avgpool_s8_mve(const bw_avgpool_s8_mve_params *p, const int8_t *input, int8_t *output);

#endif /* BW_AVGPOOL_S8_MVE_H */
