/* Maximum pooling, sixteen channels at a time.
 *
 * Layout: NHWC.
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: that of bw_box_s8_mve.h, and some 40 per pixel.
 */
#ifndef BW_MAX_POOL_S8_MVE_H
#define BW_MAX_POOL_S8_MVE_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
} bw_max_pool_s8_mve_params;

void bw_max_pool_s8_mve(const bw_max_pool_s8_mve_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MAX_POOL_S8_MVE_H */
