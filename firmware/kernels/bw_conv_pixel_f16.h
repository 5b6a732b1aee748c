/* A convolution in float16 at one place: its window is copied, zeros beyond the input, and is the vector of a dense
 * layer. Cost beyond that layer's: some 20 instructions for each row of the window, and its elements copied. */
#ifndef BW_CONV_PIXEL_F16_H
#define BW_CONV_PIXEL_F16_H

#include "bw_dense_f16.h"
#include "bw_tap_real.h"

/* Copies a row of the window, and returns where the next one goes. */
static inline uint16_t *bw_patch_row_f16(const bw_window_real *w, const uint16_t *row, int32_t x, uint16_t *to) {
    const int32_t first = bw_first_tap_real(w, x), end = bw_end_tap_real(w, x), channels = w->channels;
    for (int32_t j = 0; j < w->kernel[1];) {
        /* Taps that follow each other without holes are copied together. */
        const int32_t inside = row && j >= first && j < end;
        const int32_t limit = !row ? w->kernel[1] : j < first ? first : inside ? end : w->kernel[1];
        const int32_t taps = inside && w->dilation[1] != 1 ? 1 : limit - j;
        const uint32_t bytes = (uint32_t)(taps * channels) * sizeof *to;
        if (inside) {
            memcpy(to, row + bw_under_real(w, 1, x, j) * channels, bytes);
        } else {
            memset(to, 0, bytes);
        }
        to += taps * channels;
        j += taps;
    }
    return to;
}

static inline void bw_conv_pixel_f16(const bw_sliding_real_params *p, const uint16_t *image, int32_t y, int32_t x,
                                     uint16_t *output, uint16_t *patch) {
    const bw_window_real *const w = &p->window;
    uint16_t *to = patch;
    for (int32_t i = 0; i < w->kernel[0]; ++i) {
        const int32_t row = bw_under_real(w, 0, y, i);
        const int32_t inside = row >= 0 && row < w->input[0];
        to = bw_patch_row_f16(w, inside ? image + row * w->input[1] * w->channels : 0, x, to);
    }
    bw_dense_f16(p->units, w->kernel[0] * w->kernel[1] * w->channels, p->weights, p->scale, p->bias, p->low, p->high,
                 patch, output);
}

#endif /* BW_CONV_PIXEL_F16_H */
