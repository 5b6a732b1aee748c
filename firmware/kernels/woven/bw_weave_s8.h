/* Windows of an int8 tensor, three at a time, woven as bw_woven_dot_s8.h states. */
#ifndef BW_WEAVE_S8_H
#define BW_WEAVE_S8_H

#include "bw_window.h"
#include "bw_woven_dot_s8.h"

/* An output pixel's window: its image and the input row and column of its first tap, which may be in the padding. */
typedef struct {
    const int8_t *image;
    int32_t y, x;
} bw_woven_place;

/* Weave three windows to words[0] and words[1], words[stride] and words[stride + 1] and so on.
 *
 * rows: as many bytes as four rows of a window have; the first row of them is filled with the zero point. */
void bw_weave_windows_s8(const bw_window *w, const bw_woven_place places[BW_WOVEN], int8_t *rows, uint32_t *words,
                         int32_t stride);

#endif /* BW_WEAVE_S8_H */
