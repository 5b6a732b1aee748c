#include "bw_weave_s8.h"

#define ELEMENT(k)                                                                                                     \
    do {                                                                                                               \
        const int32_t middle = b[k];                                                                                   \
        words[(k)*stride] = (uint32_t)(a[k] + middle * BW_WEAVE);                                                      \
        words[(k)*stride + 1] = (uint32_t)(middle + c[k] * BW_WEAVE);                                                  \
    } while (0)

/* `count` elements of three columns; inlined with a constant stride. */
static inline uint32_t *weave(const int8_t *const from[BW_WOVEN], int32_t count, uint32_t *words, int32_t stride) {
    const int8_t *a = from[0], *b = from[1], *c = from[2];
    for (; count >= 4; count -= 4) {
        ELEMENT(0);
        ELEMENT(1);
        ELEMENT(2);
        ELEMENT(3);
        a += 4, b += 4, c += 4, words += 4 * stride;
    }
    for (; count > 0; --count) {
        ELEMENT(0);
        ++a, ++b, ++c, words += stride;
    }
    return words;
}

/* Row ky of a window: where it is, or with its padding in `copy`. */
static const int8_t *row_of(const bw_window *w, const bw_woven_place *place, int32_t ky, const int8_t *padding,
                            int8_t *copy) {
    const int32_t y = place->y + ky * w->dilation_h;
    if (y < 0 || y >= w->in_h) {
        return padding;
    }
    const int8_t *const row = place->image + y * w->in_w * w->in_c;
    if (w->dilation_w == 1 && place->x >= 0 && place->x + w->kernel_w <= w->in_w) {
        return row + place->x * w->in_c;
    }
    int8_t *to = copy;
    for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
        const int32_t x = place->x + kx * w->dilation_w;
        const int8_t *const from = x >= 0 && x < w->in_w ? row + x * w->in_c : padding;
        for (int32_t c = 0; c < w->in_c; ++c) {
            *to++ = from[c];
        }
    }
    return copy;
}

void bw_weave_windows_s8(const bw_window *w, const bw_woven_place places[BW_WOVEN], int8_t *rows, uint32_t *words,
                         int32_t stride) {
    const int32_t bytes = w->kernel_w * w->in_c;
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int8_t *from[BW_WOVEN];
        for (int32_t i = 0; i < BW_WOVEN; ++i) {
            from[i] = row_of(w, &places[i], ky, rows, rows + (i + 1) * bytes);
        }
        words = stride == 2 ? weave(from, bytes, words, 2) : weave(from, bytes, words, 4);
    }
}
