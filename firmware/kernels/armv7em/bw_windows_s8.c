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
static void copy(const int8_t *from, int8_t *to, int32_t bytes) {
    for (; bytes >= 4; bytes -= 4) {
        bw_store32(to, bw_load32(from));
        from += 4;
        to += 4;
    }
    for (; bytes > 0; --bytes) {
        *to++ = *from++;
    }
}

/* Rows of bytes, `step` and `pitch` apart: three words that overlap are faster than a loop. */
static void copy_box(const int8_t *from, int32_t step, int8_t *to, int32_t pitch, int32_t rows, int32_t bytes) {
    const int32_t last = bytes - 4, middle = last < 4 ? last : 4;
    if (bytes < 4 || bytes > 12) {
        for (; rows > 0; --rows) {
            copy(from, to, bytes);
            from += step;
            to += pitch;
        }
    }
    for (; rows > 0; --rows) {
        const uint32_t a = bw_load32(from), b = bw_load32(from + middle), c = bw_load32(from + last);
        bw_store32(to, a);
        bw_store32(to + middle, b);
        bw_store32(to + last, c);
        from += step;
        to += pitch;
    }
}

/* One window in contiguous bytes: the part of it that is in the input, on the zero point elsewhere. */
static void copy_window(const bw_window *w, int32_t zero_point, const bw_place *place, int8_t *to) {
    const int32_t step = w->in_w * w->in_c, pitch = w->kernel_w * w->in_c;
    const int32_t top = place->y < 0 ? -place->y : 0, left = place->x < 0 ? -place->x : 0;
    const int32_t bottom = place->y + w->kernel_h > w->in_h ? w->in_h - place->y : w->kernel_h;
    const int32_t right = place->x + w->kernel_w > w->in_w ? w->in_w - place->x : w->kernel_w;
    if (bottom - top < w->kernel_h || right - left < w->kernel_w) {
        memset(to, zero_point, (size_t)(w->kernel_h * pitch));
    }
    copy_box(pixel(w, place, place->y + top, place->x + left), step, to + top * pitch + left * w->in_c, pitch,
             bottom - top, (right - left) * w->in_c);
}

/* Any window, tap by tap. */
static void copy_taps(const bw_window *w, int32_t zero_point, const bw_place *place, int8_t *to) {
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t y = place->y + ky * w->dilation_h, x = place->x + kx * w->dilation_w;
            if (y >= 0 && y < w->in_h && x >= 0 && x < w->in_w) {
                copy(pixel(w, place, y, x), to, w->in_c);
            } else {
                memset(to, zero_point, (size_t)w->in_c);
            }
            to += w->in_c;
        }
    }
}

void bw_windows_s8(const bw_window *w, int32_t zero_point, const bw_place places[BW_TRIPLE], uint32_t *columns,
                   int32_t quads) {
    int8_t *const rest = behind(columns, quads);
    if (w->in_c % 4 != 0) {
        const int8_t *from[BW_TRIPLE];
        for (int32_t c = 0; c < BW_TRIPLE; ++c) {
            int8_t *const window = rest + 4 * quads * c;
            from[c] = window;
            if (w->dilation_h == 1 && w->dilation_w == 1) {
                copy_window(w, zero_point, &places[c], window);
            } else {
                copy_taps(w, zero_point, &places[c], window);
            }
        }
        bw_widen_triple_s8(from, quads, columns);
    } else if (w->dilation_w == 1 && is_inside(w, &places[0]) && is_inside(w, &places[1]) && is_inside(w, &places[2])) {
        widen_rows(w, places, columns);
    } else {
        widen_taps(w, places, columns, rest);
    }
}
