/* The windows of three output pixels, widened from where they are and interleaved for the micro-kernel of
 * bw_triple_s8.h.
 *
 * The input's channels are a multiple of four, its address and that of the padding too.
 */
#ifndef BW_WINDOWS_S8_H
#define BW_WINDOWS_S8_H

#include "bw_triple_s8.h"
#include "bw_window.h"

/* An output pixel's window: its image and the input row and column of its first tap, which may be in the padding. */
typedef struct {
    const int8_t *image;
    int32_t y, x;
} bw_place;

/* Widen the windows at three places; padding: one pixel of it. */
void bw_windows_s8(const bw_window *w, const bw_place places[BW_TRIPLE], uint32_t *columns, const int8_t *padding);

#endif /* BW_WINDOWS_S8_H */
