/* Average pooling, int16: the sum of the taps inside the input divided by their number, rounded to nearest.
 *
 * Layout: NHWC. Ties round away from zero, or up where half_up is set (models converted from uint8).
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: one addition per tap and one division per output.
 */
#ifndef BW_AVGPOOL_S16_H
#define BW_AVGPOOL_S16_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
    int32_t half_up;
} bw_avgpool_s16_params;

void bw_avgpool_s16(const bw_avgpool_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_AVGPOOL_S16_H */
