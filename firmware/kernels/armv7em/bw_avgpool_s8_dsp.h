/* Average pooling as bw_avgpool_s8.h, four channels at a time in halfwords.
 *
 * Layout: NHWC, channels a multiple of four; at most 256 taps. Ties round away from zero, or up where half_up is set.
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: 1.1 instructions per tap and some 10 per output.
 */
#ifndef BW_AVGPOOL_S8_DSP_H
#define BW_AVGPOOL_S8_DSP_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
    int32_t half_up;
} bw_avgpool_s8_dsp_params;

void bw_avgpool_s8_dsp(const bw_avgpool_s8_dsp_params *p, const int8_t *input, int8_t *output);

#endif /* BW_AVGPOOL_S8_DSP_H */
