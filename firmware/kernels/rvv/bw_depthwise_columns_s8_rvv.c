#include "bw_depthwise_columns_s8_rvv.h"

bw_depthwise_row_rvv bw_depthwise_row_s8_rvv(const bw_window *w, const int8_t *image, int32_t oy) {
    int32_t y = oy * w->stride_h - w->pad_h, above = 0, below = 0;
    for (; above < w->kernel_h && y < 0; y += w->dilation_h) {
        ++above;
    }
    for (int32_t last = y + (w->kernel_h - above - 1) * w->dilation_h; last >= w->in_h && above + below < w->kernel_h;
         last -= w->dilation_h) {
        ++below;
    }
    const bw_depthwise_row_rvv row = {image + y * w->in_w * w->in_c, above, w->kernel_h - above - below, below};
    return row;
}

/* Taps outside the image, for up to two pixels; the weights after them. */
static inline const int8_t *outside(const int8_t *weights, int32_t taps, int32_t step, int32_t zero_point, bw_words *a,
                                    bw_words *b, size_t n) {
    for (; taps > 0; --taps) {
        const bw_halfwords tap = bw_load_bytes(weights, n);
        *a = bw_mac(*a, (int8_t)zero_point, tap, n);
        if (b) {
            *b = bw_mac(*b, (int8_t)zero_point, tap, n);
        }
        weights += step;
    }
    return weights;
}

/* n channels of a pixel of whose columns of taps some, on the left and on the right, may be outside the image. */
static inline void one_pixel(const bw_depthwise_conv_s8_rvv_params *p, const bw_depthwise_row_rvv *row, int32_t left,
                             int32_t channel, size_t n, int8_t *output) {
    const bw_window *w = &p->window;
    const int32_t step = w->in_c, in_step = w->dilation_w * step, point = p->input_zero_point;
    int32_t before = 0, after = 0;
    for (; before < w->kernel_w && left + before * w->dilation_w < 0;) {
        ++before;
    }
    for (; before + after < w->kernel_w && left + (w->kernel_w - 1 - after) * w->dilation_w >= w->in_w;) {
        ++after;
    }
    const int32_t inside = w->kernel_w - before - after;
    const int8_t *in = row->input + (left + before * w->dilation_w) * step + channel;
    bw_words a = bw_load_words(p->requantize.bias + channel, n);
    const int8_t *weights = outside(p->weights + channel, row->above * w->kernel_w, step, point, &a, 0, n);
    for (int32_t ky = row->inside; ky > 0; --ky) {
        weights = outside(weights, before, step, point, &a, 0, n);
        const int8_t *x = in;
        for (int32_t kx = inside; kx > 0; --kx) {
            a = bw_mac_each(a, bw_load_bytes(x, n), bw_load_bytes(weights, n), n);
            x += in_step;
            weights += step;
        }
        weights = outside(weights, after, step, point, &a, 0, n);
        in += w->dilation_h * w->in_w * step;
    }
    outside(weights, row->below * w->kernel_w, step, point, &a, 0, n);
    bw_round_rvv(&p->requantize, channel, &a, 0, 0, n);
    bw_store_bytes(output, bw_clamp_rvv(&p->requantize, a, n), n);
}

/* A row of three taps for pixels a and b, one column apart. */
static inline void sliding_row(const int8_t *weights, const int8_t *x, int32_t step, bw_words *a, bw_words *b,
                               size_t n) {
    const bw_halfwords w0 = bw_load_bytes(weights, n), x0 = bw_load_bytes(x, n);
    *a = bw_mac_each(*a, x0, w0, n);
    const bw_halfwords w1 = bw_load_bytes(weights + step, n), x1 = bw_load_bytes(x + step, n);
    *a = bw_mac_each(*a, x1, w1, n);
    *b = bw_mac_each(*b, x1, w0, n);
    const bw_halfwords w2 = bw_load_bytes(weights + 2 * step, n), x2 = bw_load_bytes(x + 2 * step, n);
    *a = bw_mac_each(*a, x2, w2, n);
    *b = bw_mac_each(*b, x2, w1, n);
    *b = bw_mac_each(*b, bw_load_bytes(x + 3 * step, n), w2, n);
}

/* n channels of two neighbouring pixels inside the image's sides. */
static inline void two_pixels(const bw_depthwise_conv_s8_rvv_params *p, const bw_depthwise_row_rvv *row, int32_t left,
                              int32_t channel, size_t n, int8_t *output) {
    const bw_window *w = &p->window;
    const int32_t step = w->in_c, point = p->input_zero_point, row_step = w->dilation_h * w->in_w * step;
    const int8_t *in = row->input + left * step + channel;
    bw_words a = bw_load_words(p->requantize.bias + channel, n), b = a;
    const int8_t *weights = outside(p->weights + channel, row->above * w->kernel_w, step, point, &a, &b, n);
    if (p->sliding) {
        for (int32_t ky = row->inside; ky > 0; --ky) {
            sliding_row(weights, in, step, &a, &b, n);
            weights += 3 * step;
            in += row_step;
        }
    } else {
        for (int32_t ky = row->inside; ky > 0; --ky) {
            const int8_t *xa = in, *xb = in + w->stride_w * step;
            for (int32_t kx = w->kernel_w; kx > 0; --kx) {
                const bw_halfwords tap = bw_load_bytes(weights, n);
                a = bw_mac_each(a, bw_load_bytes(xa, n), tap, n);
                b = bw_mac_each(b, bw_load_bytes(xb, n), tap, n);
                weights += step;
                xa += w->dilation_w * step;
                xb += w->dilation_w * step;
            }
            in += row_step;
        }
    }
    outside(weights, row->below * w->kernel_w, step, point, &a, &b, n);
    bw_round_rvv(&p->requantize, channel, &a, &b, 0, n);
    bw_store_bytes(output, bw_clamp_rvv(&p->requantize, a, n), n);
    bw_store_bytes(output + step, bw_clamp_rvv(&p->requantize, b, n), n);
}

void bw_depthwise_columns_s8_rvv(const bw_depthwise_conv_s8_rvv_params *restrict p,
                                 const bw_depthwise_row_rvv *restrict row, int32_t begin, int32_t end, int8_t *output) {
    const bw_window *w = &p->window;
    while (begin < end) {
        const int32_t left = begin * w->stride_w - w->pad_w;
        const int32_t last = end < p->inner_end ? end : p->inner_end,
                      pair = begin >= p->inner_begin && begin + 1 < last;
        for (int32_t channel = 0; channel < w->in_c;) {
            const size_t n = bw_lanes(w->in_c - channel);
            if (pair) {
                two_pixels(p, row, left, channel, n, output + channel);
            } else {
                one_pixel(p, row, left, channel, n, output + channel);
            }
            channel += (int32_t)n;
        }
        begin += 1 + pair;
        output += (1 + pair) * w->in_c;
    }
}
