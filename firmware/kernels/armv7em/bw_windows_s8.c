#include "bw_windows_s8.h"

#include <string.h>

#include "bw_dsp.h"

static int8_t *behind(uint32_t *columns, int32_t quads) { return (int8_t *)(columns + 2 * BW_TRIPLE * quads); }

void bw_windows_begin_s8(const bw_window *w, int32_t zero_point, uint32_t *columns, int32_t quads) {
    memset(behind(columns, quads), zero_point, (size_t)w->in_c);
    if (w->in_c % 4 != 0) {
        memset(behind(columns, quads), zero_point, (size_t)(4 * BW_TRIPLE * quads));
    }
}

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

/* A few bytes, for which a call of memcpy costs more than it copies. */
static int8_t *copy(int8_t *to, const int8_t *from, int32_t bytes) {
    for (; bytes >= 4; bytes -= 4) {
        bw_store32(to, bw_load32(from));
        to += 4;
        from += 4;
    }
    for (; bytes > 0; --bytes) {
        *to++ = *from++;
    }
    return to;
}

/* One window in contiguous bytes. */
static void copy_window(const bw_window *w, int32_t zero_point, const bw_place *place, int8_t *to) {
    if (w->dilation_w == 1 && is_inside(w, place)) {
        const int8_t *from = pixel(w, place, place->y, place->x);
        for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
            to = copy(to, from, w->kernel_w * w->in_c);
            from += w->dilation_h * w->in_w * w->in_c;
        }
        return;
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t y = place->y + ky * w->dilation_h, x = place->x + kx * w->dilation_w;
            if (y >= 0 && y < w->in_h && x >= 0 && x < w->in_w) {
                to = copy(to, pixel(w, place, y, x), w->in_c);
            } else {
                for (int32_t c = 0; c < w->in_c; ++c) {
                    *to++ = (int8_t)zero_point;
                }
            }
        }
    }
}

void bw_windows_s8(const bw_window *w, int32_t zero_point, const bw_place places[BW_TRIPLE], uint32_t *columns,
                   int32_t quads) {
    int8_t *const rest = behind(columns, quads);
    if (w->in_c % 4 != 0) {
        const int8_t *from[BW_TRIPLE];
        for (int32_t c = 0; c < BW_TRIPLE; ++c) {
            from[c] = rest + 4 * quads * c;
            copy_window(w, zero_point, &places[c], rest + 4 * quads * c);
        }
        bw_widen_triple_s8(from, quads, columns);
    } else if (w->dilation_w == 1 && is_inside(w, &places[0]) && is_inside(w, &places[1]) && is_inside(w, &places[2])) {
        widen_rows(w, places, columns);
    } else {
        widen_taps(w, places, columns, rest);
    }
}
