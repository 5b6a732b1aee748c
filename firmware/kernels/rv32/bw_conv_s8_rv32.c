#include "bw_conv_s8_rv32.h"

#include <string.h>

#include "bw_column_s8.h"
#include "bw_span.h"
#include "bw_tile_s8_rv32.h"

/* A window's first row and column. */
typedef struct {
    const int8_t *image;
    int32_t top, left;
} place;

static void next(const bw_window *w, place *at) {
    at->left += w->stride_w;
    if (at->left == w->out_w * w->stride_w - w->pad_w) {
        at->left = -w->pad_w;
        at->top += w->stride_h;
        if (at->top == w->out_h * w->stride_h - w->pad_h) {
            at->top = -w->pad_h;
            at->image += w->in_h * w->in_w * w->in_c;
        }
    }
}

/* Whether a window reads pixels only, row by row. */
static int inside(const bw_window *w, const place *at) {
    return w->dilation_w == 1 && at->left >= 0 && at->left + w->kernel_w <= w->in_w && at->top >= 0 &&
           at->top + (w->kernel_h - 1) * w->dilation_h < w->in_h;
}

/* Row ky of a window: in place, or in the buffer where it reaches into the padding or is dilated. */
static const int8_t *row_of(const bw_window *w, const place *at, int32_t ky, const int8_t *padding, int8_t *buffer) {
    const int32_t y = at->top + ky * w->dilation_h;
    if (y < 0 || y >= w->in_h) {
        return padding;
    }
    const int8_t *row = at->image + y * w->in_w * w->in_c;
    if (w->dilation_w == 1) {
        const bw_span span = bw_span_of(at->left, w->kernel_w, w->in_w);
        if (span.end - span.begin == w->kernel_w) {
            return row + at->left * w->in_c;
        }
        memcpy(buffer, padding, (size_t)(w->kernel_w * w->in_c));
        memcpy(buffer + (span.begin - at->left) * w->in_c, row + span.begin * w->in_c,
               (size_t)((span.end - span.begin) * w->in_c));
        return buffer;
    }
    for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
        const int32_t x = at->left + kx * w->dilation_w;
        memcpy(buffer + kx * w->in_c, x >= 0 && x < w->in_w ? row + x * w->in_c : padding, (size_t)w->in_c);
    }
    return buffer;
}

/* The windows of three pixels. */
static void pack(const bw_window *w, const place *at, uint32_t *to, int32_t words, int8_t *padding) {
    const int32_t row = w->kernel_w * w->in_c, pitch = w->in_w * w->in_c;
    const int8_t *rows[3];
    int32_t whole = 0;
    while (whole < 3 && inside(w, &at[whole])) {
        ++whole;
    }
    if (whole == 3) {
        for (int32_t i = 0; i < 3; ++i) {
            rows[i] = at[i].image + at[i].top * pitch + at[i].left * w->in_c;
        }
        for (int32_t ky = 0; ky < w->kernel_h; ++ky, to += row * words) {
            bw_tile_pack_rv32(to, words, rows, row);
            for (int32_t i = 0; i < 3; ++i) {
                rows[i] += pitch * w->dilation_h;
            }
        }
        return;
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky, to += row * words) {
        for (int32_t i = 0; i < 3; ++i) {
            rows[i] = row_of(w, &at[i], ky, padding, padding + (i + 1) * row);
        }
        bw_tile_pack_rv32(to, words, rows, row);
    }
}

/* Windows of up to three pixels, `at` moves behind them; pixels that are not there are the first one's again. */
static void windows(const bw_window *w, place *at, int32_t pixels, uint32_t *to, int32_t words, int8_t *padding) {
    if (bw_window_is_pointwise(w)) {
        const int8_t *first = at->image;
        const int8_t *rows[3] = {first, pixels > 1 ? first + w->in_c : first, pixels > 2 ? first + 2 * w->in_c : first};
        bw_tile_pack_rv32(to, words, rows, w->in_c);
        at->image += pixels < 3 ? pixels * w->in_c : 3 * w->in_c;
        return;
    }
    place three[3] = {*at, *at, *at};
    for (int32_t i = 0; i < 3 && i < pixels; ++i) {
        three[i] = *at;
        next(w, at);
    }
    pack(w, three, to, words, padding);
}

void bw_conv_s8_rv32(const bw_conv_s8_rv32_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    uint32_t *columns = scratch, *sums = columns + 4 * p->taps;
    int8_t *padding = (int8_t *)(sums + 16 * ((p->taps + p->segment - 1) / p->segment));
    place at = {input, -w->pad_h, -w->pad_w};
    if (!bw_window_is_pointwise(w)) {
        memset(padding, p->input_zero_point, (size_t)(w->kernel_w * w->in_c));
    }
    const bw_tile_rv32 tile = {p->out_c, p->taps, p->segment, p->weights, &p->rescale};
    for (int32_t left = w->batch * w->out_h * w->out_w, pixels; left > 0; left -= pixels) {
        const int32_t most = left > 3 ? 6 : 3, words = left > 3 ? 4 : 2;
        pixels = left < most ? left : most;
        windows(w, &at, pixels, columns, words, padding);
        if (words == 4) {
            windows(w, &at, pixels - 3, columns + 2, words, padding);
            bw_tile_six_rv32(&tile, columns, sums, output, pixels);
        } else {
            bw_tile_three_rv32(&tile, columns, sums, output, pixels);
        }
        output += pixels * p->out_c;
    }
}
