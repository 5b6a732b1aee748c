/* The windows of a convolution's output pixels as contiguous bytes (im2col of a few pixels).
 *
 * Cost: some 150 instructions per window that leaves the image; others, up to as many at a time as the caller allows,
 * 6 each, 5 per row and 3 per 16 bytes of a row, or 10 by offsets.
 */
#ifndef BW_WINDOWS_S8_MVE_H
#define BW_WINDOWS_S8_MVE_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t input_zero_point;       /* the value of taps outside the image */
    int32_t inner_begin, inner_end; /* columns whose windows do not leave the input at the sides; none where dilated */
    int32_t pitch;                  /* bytes between copied windows: their size, or more */
    const uint16_t *offsets;        /* of the bytes of a window from its first, where the pitch is 16 or 32: as many */
} bw_windows_s8_mve;

/* Copy up to `most` windows of output row oy from column ox on; returns how many: at least one. */
int32_t bw_windows_s8_mve_copy(const bw_windows_s8_mve *p, const int8_t *image, int32_t oy, int32_t ox, int32_t most,
                               int8_t *column);

#endif /* BW_WINDOWS_S8_MVE_H */
