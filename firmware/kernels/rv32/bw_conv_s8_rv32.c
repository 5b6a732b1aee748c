#include "bw_conv_s8_rv32.h"

#include <string.h>

#include "bw_tile_s8_rv32.h"

typedef struct {
    const int8_t *image;
    int32_t oy, ox;
} place;

static place next(const bw_window *w, place at) {
    if (++at.ox == w->out_w) {
        at.ox = 0;
        if (++at.oy == w->out_h) {
            at.oy = 0;
            at.image += w->in_h * w->in_w * w->in_c;
        }
    }
    return at;
}

/* Row ky of a window: in place, or in the buffer where it reaches into the padding or is dilated. */
static const int8_t *row_of(const bw_conv_s8_rv32_params *p, const place *at, int32_t ky, int8_t *buffer) {
    const bw_window *w = &p->window;
    const int32_t y = at->oy * w->stride_h - w->pad_h + ky * w->dilation_h, left = at->ox * w->stride_w - w->pad_w;
    const int32_t inside = y >= 0 && y < w->in_h;
    const int8_t *row = at->image + y * w->in_w * w->in_c;
    if (inside && w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= w->in_w) {
        return row + left * w->in_c;
    }
    for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
        const int32_t x = left + kx * w->dilation_w;
        if (inside && x >= 0 && x < w->in_w) {
            memcpy(buffer + kx * w->in_c, row + x * w->in_c, (size_t)w->in_c);
        } else {
            memset(buffer + kx * w->in_c, p->input_zero_point, (size_t)w->in_c);
        }
    }
    return buffer;
}

/* The windows of three pixels. */
static void pack(const bw_conv_s8_rv32_params *p, const place *at, uint32_t *to, int32_t words, int8_t *buffer) {
    const int32_t row = p->window.kernel_w * p->window.in_c;
    for (int32_t ky = 0; ky < p->window.kernel_h; ++ky) {
        const int8_t *rows[3];
        for (int32_t i = 0; i < 3; ++i) {
            rows[i] = row_of(p, &at[i], ky, buffer + i * row);
        }
        bw_tile_pack_rv32(to, words, rows, row);
        to += row * words;
    }
}

/* All channels of up to six pixels, or three where words is 2. */
static void pixels(const bw_conv_s8_rv32_params *p, const uint32_t *columns, int32_t words, uint32_t *sums,
                   const bw_tile_pixels_rv32 *output) {
    const int8_t *weights = p->weights;
    for (int32_t c = 0; c < p->out_c; c += 4) {
        uint32_t *to = sums;
        for (int32_t tap = 0; tap < p->taps; tap += p->segment) {
            const int32_t left = p->taps - tap, taps = left < p->segment ? left : p->segment;
            if (words == 4) {
                bw_tile_4x6_s8_rv32(weights, columns + tap * words, taps, to);
            } else {
                bw_tile_4x3_s8_rv32(weights, columns + tap * words, taps, to);
            }
            weights += 4 * taps;
            to += 4 * words;
        }
        bw_tile_finish_rv32(&p->rescale, c, c + 4 < p->out_c ? c + 4 : p->out_c, sums, to, words, output);
    }
}

void bw_conv_s8_rv32(const bw_conv_s8_rv32_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    uint32_t *columns = scratch, *sums = columns + 4 * p->taps;
    int8_t *buffer = (int8_t *)(sums + 16 * ((p->taps + p->segment - 1) / p->segment));
    place at = {input, 0, 0};
    bw_tile_pixels_rv32 to = {output, p->out_c, 0};
    for (int32_t left = w->batch * w->out_h * w->out_w; left > 0; left -= to.pixels) {
        const int32_t words = left > 3 ? 4 : 2, most = left > 3 ? 6 : 3;
        to.pixels = left < most ? left : most;
        for (int32_t i = 0; i < most; i += 3) {
            place three[3] = {at, at, at};
            for (int32_t j = 0; j < 3 && i + j < to.pixels; ++j) {
                three[j] = at;
                at = next(w, at);
            }
            pack(p, three, columns + 2 * i / 3, words, buffer);
        }
        pixels(p, columns, words, sums, &to);
        to.first += to.pixels * to.step;
    }
}
