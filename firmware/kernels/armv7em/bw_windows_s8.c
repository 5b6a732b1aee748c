#include "bw_windows_s8.h"

/* Whether no tap of a window is in the padding. */
static int is_inside(const bw_window *w, const bw_place *place) {
    return place->y >= 0 && place->x >= 0 && place->y + (w->kernel_h - 1) * w->dilation_h < w->in_h &&
           place->x + (w->kernel_w - 1) * w->dilation_w < w->in_w;
}

static const int8_t *pixel(const bw_window *w, const bw_place *place, int32_t y, int32_t x) {
    return place->image + (y * w->in_w + x) * w->in_c;
}

/* Three windows without padding or dilation, row by row. */
static void widen_rows(const bw_window *w, const bw_place *places, uint32_t *columns) {
    const int32_t quads = w->kernel_w * w->in_c / 4, step = w->dilation_h * w->in_w * w->in_c;
    const int8_t *from[BW_TRIPLE];
    for (int32_t c = 0; c < BW_TRIPLE; ++c) {
        from[c] = pixel(w, &places[c], places[c].y, places[c].x);
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        columns = bw_widen_triple_s8(from, quads, columns);
        for (int32_t c = 0; c < BW_TRIPLE; ++c) {
            from[c] += step;
        }
    }
}

/* Any three windows, tap by tap. */
static void widen_taps(const bw_window *w, const bw_place *places, uint32_t *columns, const int8_t *padding) {
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int8_t *from[BW_TRIPLE];
            for (int32_t c = 0; c < BW_TRIPLE; ++c) {
                const int32_t y = places[c].y + ky * w->dilation_h, x = places[c].x + kx * w->dilation_w;
                const int inside = y >= 0 && y < w->in_h && x >= 0 && x < w->in_w;
                from[c] = inside ? pixel(w, &places[c], y, x) : padding;
            }
            columns = bw_widen_triple_s8(from, w->in_c / 4, columns);
        }
    }
}

void bw_windows_s8(const bw_window *w, const bw_place places[BW_TRIPLE], uint32_t *columns, const int8_t *padding) {
    if (w->dilation_w == 1 && is_inside(w, &places[0]) && is_inside(w, &places[1]) && is_inside(w, &places[2])) {
        widen_rows(w, places, columns);
    } else {
        widen_taps(w, places, columns, padding);
    }
}
