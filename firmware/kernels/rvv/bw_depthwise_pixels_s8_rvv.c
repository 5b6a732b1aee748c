#include "bw_depthwise_pixels_s8_rvv.h"

static int32_t sum_of(const int8_t *weights, int32_t taps, int32_t step) {
    int32_t sum = 0;
    for (; taps > 0; --taps) {
        sum += *weights;
        weights += step;
    }
    return sum;
}

/* A channel of n pixels; x is where the first one's window, of rows inside the image, starts. */
static inline void pixels(const bw_depthwise_conv_s8_rvv_params *p, const bw_depthwise_row_rvv *row, int32_t channel,
                          const int8_t *x, size_t n, int8_t *output) {
    const bw_window *w = &p->window;
    const int32_t step = w->in_c, above = row->above * w->kernel_w, inside = row->inside * w->kernel_w;
    const int8_t *weights = p->weights + channel + above * step;
    const int32_t padding =
        sum_of(p->weights + channel, above, step) + sum_of(weights + inside * step, row->below * w->kernel_w, step);
    bw_words a = bw_splat_words(p->requantize.bias[channel] + padding * p->input_zero_point, n);
    const int32_t next = w->stride_w * step, in_step = w->dilation_w * step, row_step = w->dilation_h * w->in_w * step;
    for (int32_t ky = row->inside; ky > 0; --ky) {
        if (w->kernel_w == 3) {
            a = bw_mac(a, weights[0], bw_gather_bytes(x, next, n), n);
            a = bw_mac(a, weights[step], bw_gather_bytes(x + in_step, next, n), n);
            a = bw_mac(a, weights[2 * step], bw_gather_bytes(x + 2 * in_step, next, n), n);
            weights += 3 * step;
        } else {
            const int8_t *in = x;
            for (int32_t kx = w->kernel_w; kx > 0; --kx) {
                a = bw_mac(a, *weights, bw_gather_bytes(in, next, n), n);
                in += in_step;
                weights += step;
            }
        }
        x += row_step;
    }
    a = bw_round_one_rvv(&p->requantize, channel, a, n);
    bw_scatter_bytes(output, step, bw_clamp_rvv(&p->requantize, a, n), n);
}

static void output_row(const bw_depthwise_conv_s8_rvv_params *restrict p, const bw_depthwise_row_rvv *restrict row,
                       int8_t *output) {
    const bw_window *w = &p->window;
    bw_depthwise_columns_s8_rvv(p, row, 0, p->inner_begin, output);
    for (int32_t ox = p->inner_begin; ox < p->inner_end;) {
        const size_t n = bw_lanes(p->inner_end - ox);
        const int8_t *x = row->input + (ox * w->stride_w - w->pad_w) * w->in_c;
        for (int32_t channel = 0; channel < w->in_c; ++channel) {
            pixels(p, row, channel, x + channel, n, output + ox * w->in_c + channel);
        }
        ox += (int32_t)n;
    }
    bw_depthwise_columns_s8_rvv(p, row, p->inner_end, w->out_w, output + p->inner_end * w->in_c);
}

void bw_depthwise_pixels_s8_rvv(const bw_depthwise_pixels_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_depthwise_row_rvv row = bw_depthwise_row_s8_rvv(w, input, oy);
            output_row(p, &row, output);
            output += w->out_w * w->in_c;
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
