/* One window of an int8 tensor as a table of pointers to its input pixels; taps outside point to a pixel of padding. */
#ifndef BW_TAPS_S8_H
#define BW_TAPS_S8_H

#include "bw_window.h"

/* The table at the start of scratch, which is aligned to 4 bytes: the 8-byte pointers of a host start up to 4 later. */
static inline const int8_t **bw_taps_in(void *scratch) {
    const uintptr_t place = (uintptr_t)scratch;
    return (const int8_t **)(sizeof(void *) > 4 ? (place + 7U) & ~(uintptr_t)7U : place);
}

/* image: one [in_h][in_w][in_c] tensor; taps: kernel_h * kernel_w pointers for output pixel (oy, ox). */
static inline void bw_taps_s8(const bw_window *w, const int8_t *image, int32_t oy, int32_t ox, const int8_t *padding,
                              const int8_t **taps) {
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = oy * w->stride_h - w->pad_h + ky * w->dilation_h;
        int32_t x = ox * w->stride_w - w->pad_w;
        int32_t at = (y * w->in_w + x) * w->in_c;
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            *taps++ = y >= 0 && y < w->in_h && x >= 0 && x < w->in_w ? image + at : padding;
            x += w->dilation_w;
            at += w->dilation_w * w->in_c;
        }
    }
}

#endif /* BW_TAPS_S8_H */
