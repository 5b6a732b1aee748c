/* The windows of three output pixels, widened and interleaved for the micro-kernel of bw_triple_s8.h.
 *
 * Where the input's channels are a multiple of four, tap by tap or row by row from where they are; elsewhere through a
 * contiguous copy. Scratch: the columns (24 bytes per quad of taps), then `in_c` bytes of padding or, where the
 * channels are not a multiple of four, three windows.
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

/* Widen the windows at three places to `columns`, `quads` quads of taps each. */
void bw_windows_s8(const bw_window *w, int32_t zero_point, const bw_place places[BW_TRIPLE], uint32_t *columns,
                   int32_t quads);

/* Fill what bw_windows_s8 takes from behind the columns; once, before its first call. */
void bw_windows_begin_s8(const bw_window *w, int32_t zero_point, uint32_t *columns, int32_t quads);

#endif /* BW_WINDOWS_S8_H */
