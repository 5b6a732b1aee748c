/* Max pooling, int16: the largest tap inside the input.
 *
 * Layout: NHWC. Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: one comparison per tap.
 */
#ifndef BW_MAX_POOL_S16_H
#define BW_MAX_POOL_S16_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
} bw_max_pool_s16_params;

void bw_max_pool_s16(const bw_max_pool_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_MAX_POOL_S16_H */
