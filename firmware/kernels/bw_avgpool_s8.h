/* Average pooling, int8: the sum of the taps inside the input divided by their number, rounded to nearest.
 *
 * Layout: NHWC. Ties round away from zero, or up where half_up is set (models converted from uint8).
 * Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: one addition per tap and one division per output.
 */
#ifndef BW_AVGPOOL_S8_H
#define BW_AVGPOOL_S8_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
    int32_t half_up;
} bw_avgpool_s8_params;

void bw_avgpool_s8(const bw_avgpool_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_AVGPOOL_S8_H */
