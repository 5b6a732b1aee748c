/* Rows of an image with padding. */
#ifndef BW_ROWS_RVV_H
#define BW_ROWS_RVV_H

#include "bw_rvv.h"
#include "bw_span.h"
#include "bw_window.h"

/* `reach` pixels from (top, left) on of each row of a window; what is outside the image is the zero point. */
static inline void bw_copy_rows_rvv(const bw_window *w, const int8_t *image, int32_t top, int32_t left, int32_t reach,
                                    int32_t zero_point, int8_t *copy) {
    const bw_span span = bw_span_of(left, reach, w->in_w);
    const int32_t bytes = (span.end - span.begin) * w->in_c;
    int8_t *to = copy + (span.begin - left) * w->in_c;
    const int8_t *from = image + (top * w->in_w + span.begin) * w->in_c;
    bw_fill_bytes(copy, zero_point, w->kernel_h * reach * w->in_c);
    for (int32_t row = 0, y = top; row < w->kernel_h; ++row, y += w->dilation_h) {
        if (y >= 0 && y < w->in_h) {
            bw_copy_bytes(to, from, bytes);
        }
        to += reach * w->in_c;
        from += w->dilation_h * w->in_w * w->in_c;
    }
}

/* Whether all rows of a window are inside the image. */
static inline int32_t bw_rows_inside(const bw_window *w, int32_t top) {
    return top >= 0 && top + (w->kernel_h - 1) * w->dilation_h < w->in_h;
}

#endif /* BW_ROWS_RVV_H */
