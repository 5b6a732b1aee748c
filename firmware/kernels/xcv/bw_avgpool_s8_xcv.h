/* Average pooling as bw_avgpool_s8.h, four channels at a time.
 *
 * Layout: NHWC, a multiple of four channels, aligned to four bytes. Ties round away from zero, or up where half_up is
 * set. Overlap: pixels are written in raster order; a pixel's window is read while the pixel is written.
 * Cost: 1.25 instructions per tap, 1.5 per row of a window and some 30 per output.
 */
#ifndef BW_AVGPOOL_S8_XCV_H
#define BW_AVGPOOL_S8_XCV_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t low, high;
    int32_t half_up;
} bw_avgpool_s8_xcv_params;

void bw_avgpool_s8_xcv(const bw_avgpool_s8_xcv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_AVGPOOL_S8_XCV_H */
