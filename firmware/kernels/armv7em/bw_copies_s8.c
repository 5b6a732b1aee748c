#include "bw_copies_s8.h"

#include <string.h>

#include "bw_dsp.h"

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

/* Any window, tap by tap. */
static void copy_taps(const bw_window *w, int32_t zero_point, const bw_place *at, int8_t *to) {
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t y = at->y + ky * w->dilation_h, x = at->x + kx * w->dilation_w;
            if (y >= 0 && y < w->in_h && x >= 0 && x < w->in_w) {
                copy(at->image + (y * w->in_w + x) * w->in_c, to, w->in_c);
            } else {
                memset(to, zero_point, (size_t)w->in_c);
            }
            to += w->in_c;
        }
    }
}

/* Windows without dilation: the part of each that is in the input, on the zero point elsewhere. */
static void copy_parts(const bw_window *w, int32_t zero_point, const bw_place *place, int32_t count, int8_t *to,
                       int32_t size) {
    const int32_t channels = w->in_c, step = w->in_w * channels, pitch = w->kernel_w * channels;
    const int32_t top = place->y < 0 ? -place->y : 0;
    const int32_t bottom = place->y + w->kernel_h > w->in_h ? w->in_h - place->y : w->kernel_h;
    const int8_t *const row = place->image + (place->y + top) * step;
    int32_t x = place->x;
    for (; count > 0; --count) {
        const int32_t left = x < 0 ? -x : 0, right = x + w->kernel_w > w->in_w ? w->in_w - x : w->kernel_w;
        if (bottom - top < w->kernel_h || right - left < w->kernel_w) {
            memset(to, zero_point, (size_t)(w->kernel_h * pitch));
        }
        copy_box(row + (x + left) * channels, step, to + top * pitch + left * channels, pitch, bottom - top,
                 (right - left) * channels);
        x += w->stride_w;
        to += size;
    }
}

void bw_copy_windows_s8(const bw_window *w, int32_t zero_point, const bw_place *place, int32_t count, int8_t *to) {
    const int32_t size = (w->kernel_h * w->kernel_w * w->in_c + 3) / 4 * 4;
    if (w->dilation_h == 1 && w->dilation_w == 1) {
        copy_parts(w, zero_point, place, count, to, size);
        return;
    }
    bw_place at = *place;
    for (; count > 0; --count) {
        copy_taps(w, zero_point, &at, to);
        at.x += w->stride_w;
        to += size;
    }
}
