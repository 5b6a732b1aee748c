/* One window of an int8 tensor copied to contiguous memory, padding filled with the zero point. */
#ifndef BW_COLUMN_S8_H
#define BW_COLUMN_S8_H

#include <string.h>

#include "bw_window.h"

/* image: one [in_h][in_w][in_c] tensor; column: kernel_h * kernel_w * in_c bytes for output pixel (oy, ox). */
static inline void bw_column_s8(const bw_window *w, const int8_t *image, int32_t oy, int32_t ox, int32_t zero_point,
                                int8_t *column) {
    const size_t depth = (size_t)w->in_c;
    const int32_t left = ox * w->stride_w - w->pad_w;
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = oy * w->stride_h - w->pad_h + ky * w->dilation_h;
        const int inside = y >= 0 && y < w->in_h;
        if (inside && w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= w->in_w) {
            const size_t row = (size_t)w->kernel_w * depth;
            memcpy(column, image + (y * w->in_w + left) * w->in_c, row);
            column += row;
            continue;
        }
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t x = left + kx * w->dilation_w;
            if (inside && x >= 0 && x < w->in_w) {
                memcpy(column, image + (y * w->in_w + x) * w->in_c, depth);
            } else {
                memset(column, zero_point, depth);
            }
            column += depth;
        }
    }
}

/* Whether every window is one input pixel, so that columns are the input itself. */
static inline int bw_window_is_pointwise(const bw_window *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->pad_h == 0 &&
           w->pad_w == 0;
}

#endif /* BW_COLUMN_S8_H */
