/* Where the taps of a window lie. */
#ifndef BW_TAP_REAL_H
#define BW_TAP_REAL_H

#include "bw_real.h"
#include "bw_sliding_real_params.h"

/* The row, or with axis 1 the column, under tap i of the window at `place`. */
static inline int32_t bw_under_real(const bw_window_real *w, int32_t axis, int32_t place, int32_t i) {
    return place * w->stride[axis] - w->before[axis] + i * w->dilation[axis];
}

/* The pixel under tap (i, j) of the window at (y, x) of an image; null beyond its edges. */
static inline const bw_real *bw_tap_real(const bw_window_real *w, const bw_real *image, int32_t y, int32_t x, int32_t i,
                                         int32_t j) {
    const int32_t row = bw_under_real(w, 0, y, i), column = bw_under_real(w, 1, x, j);
    const int32_t inside = row >= 0 && row < w->input[0] && column >= 0 && column < w->input[1];
    return inside ? image + (row * w->input[1] + column) * w->channels : 0;
}

/* The first tap of a row of the window at column x that is inside the input, or `taps` where none is. */
static inline int32_t bw_first_tap_real(const bw_window_real *w, int32_t x) {
    int32_t j = 0;
    while (j < w->kernel[1] && bw_under_real(w, 1, x, j) < 0) {
        ++j;
    }
    return j;
}

/* The one behind the last that is inside. */
static inline int32_t bw_end_tap_real(const bw_window_real *w, int32_t x) {
    int32_t j = w->kernel[1];
    while (j > 0 && bw_under_real(w, 1, x, j - 1) >= w->input[1]) {
        --j;
    }
    return j;
}

#endif /* BW_TAP_REAL_H */
