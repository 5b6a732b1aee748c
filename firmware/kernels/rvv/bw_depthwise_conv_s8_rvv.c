#include "bw_depthwise_conv_s8_rvv.h"

/* n channels of a pixel whose window may leave the image at any side. */
static inline void one_pixel(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int32_t left,
                             int32_t channel, size_t n, int8_t *output) {
    const bw_window *w = &p->window;
    const bw_requantize_rvv *q = &p->requantize;
    const int8_t *weights = p->weights + channel;
    bw_words a = bw_load_words(q->bias + channel, n);
    for (int32_t ky = 0, y = top; ky < w->kernel_h; ++ky, y += w->dilation_h) {
        const int32_t inside = y >= 0 && y < w->in_h;
        const int8_t *in = image + (y * w->in_w + left) * w->in_c + channel;
        for (int32_t kx = 0, x = left; kx < w->kernel_w; ++kx, x += w->dilation_w) {
            const bw_halfwords tap = bw_load_bytes(weights, n);
            a = inside && x >= 0 && x < w->in_w ? bw_mac_each(a, bw_load_bytes(in, n), tap, n)
                                                : bw_mac(a, (int8_t)p->input_zero_point, tap, n);
            weights += w->in_c;
            in += w->dilation_w * w->in_c;
        }
    }
    bw_round_rvv(q, channel, &a, 0, 0, n);
    bw_store_bytes(output, a, q->output_zero_point, q->low, q->high, n);
}

/* A row of three taps for pixels a and b, one column apart. */
static inline void sliding_row(const int8_t *weights, const int8_t *in, int32_t step, bw_words *a, bw_words *b,
                               size_t n) {
    const bw_halfwords w0 = bw_load_bytes(weights, n), x0 = bw_load_bytes(in, n);
    *a = bw_mac_each(*a, x0, w0, n);
    const bw_halfwords w1 = bw_load_bytes(weights + step, n), x1 = bw_load_bytes(in + step, n);
    *a = bw_mac_each(*a, x1, w1, n);
    *b = bw_mac_each(*b, x1, w0, n);
    const bw_halfwords w2 = bw_load_bytes(weights + 2 * step, n), x2 = bw_load_bytes(in + 2 * step, n);
    *a = bw_mac_each(*a, x2, w2, n);
    *b = bw_mac_each(*b, x2, w1, n);
    *b = bw_mac_each(*b, bw_load_bytes(in + 3 * step, n), w2, n);
}

/* n channels of two neighbouring pixels inside the image's sides. */
static inline void two_pixels(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int32_t left,
                              int32_t channel, size_t n, int8_t *output) {
    const bw_window *w = &p->window;
    const bw_requantize_rvv *q = &p->requantize;
    const int8_t *weights = p->weights + channel;
    bw_words a = bw_load_words(q->bias + channel, n), b = a;
    for (int32_t ky = 0, y = top; ky < w->kernel_h; ++ky, y += w->dilation_h) {
        const int8_t *in = image + (y * w->in_w + left) * w->in_c + channel;
        if (y < 0 || y >= w->in_h) {
            for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
                const bw_halfwords tap = bw_load_bytes(weights, n);
                a = bw_mac(a, (int8_t)p->input_zero_point, tap, n);
                b = bw_mac(b, (int8_t)p->input_zero_point, tap, n);
                weights += w->in_c;
            }
        } else if (p->sliding) {
            sliding_row(weights, in, w->in_c, &a, &b, n);
            weights += 3 * w->in_c;
        } else {
            for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
                const bw_halfwords tap = bw_load_bytes(weights, n);
                a = bw_mac_each(a, bw_load_bytes(in, n), tap, n);
                b = bw_mac_each(b, bw_load_bytes(in + w->stride_w * w->in_c, n), tap, n);
                weights += w->in_c;
                in += w->dilation_w * w->in_c;
            }
        }
    }
    bw_round_rvv(q, channel, &a, &b, 0, n);
    bw_store_bytes(output, a, q->output_zero_point, q->low, q->high, n);
    bw_store_bytes(output + w->in_c, b, q->output_zero_point, q->low, q->high, n);
}

static void output_row(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t ox = 0; ox < w->out_w;) {
        const int32_t left = ox * w->stride_w - w->pad_w, pair = ox >= p->inner_begin && ox + 1 < p->inner_end;
        for (int32_t channel = 0; channel < w->in_c;) {
            const size_t n = bw_lanes(w->in_c - channel);
            if (pair) {
                two_pixels(p, image, top, left, channel, n, output + channel);
            } else {
                one_pixel(p, image, top, left, channel, n, output + channel);
            }
            channel += (int32_t)n;
        }
        ox += 1 + pair;
        output += (1 + pair) * w->in_c;
    }
}

void bw_depthwise_conv_s8_rvv(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            output_row(p, input, oy * w->stride_h - w->pad_h, output);
            output += w->out_w * w->in_c;
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
