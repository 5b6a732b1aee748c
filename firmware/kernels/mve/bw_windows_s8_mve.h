/* The windows of a convolution's output pixels as contiguous bytes (im2col of a few pixels).
 *
 * Cost: some 120 instructions per window that leaves the image at the sides; of the others, up to as many at a time
 * as the caller allows, 60, and for each 6, 5 per row and 3 per 16 bytes of a row, or 10 by offsets.
 */
#ifndef BW_WINDOWS_S8_MVE_H
#define BW_WINDOWS_S8_MVE_H

#include "bw_copy_s8_mve.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t input_zero_point;       /* the value of taps outside the image */
    int32_t inner_begin, inner_end; /* columns whose windows do not leave the input at the sides; none where dilated */
    int32_t pitch;                  /* bytes between copied windows: their size, or more */
    const uint16_t *offsets;        /* of the bytes of a window from its first, where the pitch is 16 or 32: as many */
} bw_windows_s8_mve;

/* What the windows of one row of the output have in common. */
typedef struct {
    const int8_t *from;     /* the first of the image's rows that they cover */
    int32_t above;          /* bytes of a window that lie above the image */
    bw_copy_s8_mve_job job; /* rows of windows that do not leave the image at the sides */
} bw_window_row_s8_mve;

/* Begin row oy of the output. */
void bw_windows_s8_mve_row(const bw_windows_s8_mve *p, const int8_t *image, int32_t oy, bw_window_row_s8_mve *row);

/* Copy up to `most` windows from column ox on; returns how many: at least one. */
int32_t bw_windows_s8_mve_copy(const bw_windows_s8_mve *p, bw_window_row_s8_mve *row, int32_t ox, int32_t most,
                               int8_t *column);

#endif /* BW_WINDOWS_S8_MVE_H */
