/* Max pooling, int8: the largest tap inside the input.
 *
 * Layout: NHWC. Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: one comparison per tap.
 */
#ifndef BW_MAX_POOL_S8_H
#define BW_MAX_POOL_S8_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
} bw_max_pool_s8_params;

void bw_max_pool_s8(const bw_max_pool_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MAX_POOL_S8_H */
