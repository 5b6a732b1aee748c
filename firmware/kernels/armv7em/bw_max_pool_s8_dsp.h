/* Max pooling as bw_max_pool_s8.h, four channels at a time.
 *
 * Layout: NHWC, channels a multiple of four.
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: 1.5 instructions per tap and 2 per output.
 */
#ifndef BW_MAX_POOL_S8_DSP_H
#define BW_MAX_POOL_S8_DSP_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
} bw_max_pool_s8_dsp_params;

void bw_max_pool_s8_dsp(const bw_max_pool_s8_dsp_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MAX_POOL_S8_DSP_H */
