#include "bw_conv_pixels_s8_rvv.h"

#include "bw_rows_rvv.h"

/* One tap of all pixels times its weights. */
#define TAP(i)                                                                                                         \
    {                                                                                                                  \
        const bw_halfwords tap = bw_gather_bytes(in++, step, n);                                                       \
        a = bw_mac(a, wa[i], tap, n);                                                                                  \
        if (several) {                                                                                                 \
            b = bw_mac(b, wb[i], tap, n);                                                                              \
            c = bw_mac(c, wc[i], tap, n);                                                                              \
        }                                                                                                              \
    }

/* A channel of n pixels. */
static inline void finish(const bw_conv_pixels_s8_rvv_params *p, int32_t channel, bw_words sum, size_t n,
                          int8_t *output) {
    const bw_requantize_rvv *q = &p->requantize;
    bw_scatter_bytes(output + channel, p->out_c, bw_clamp_rvv(q, bw_round_one_rvv(q, channel, sum, n), n), n);
}

/* One channel or several, two where the third is the second or three, of n pixels; x is where the first one's window
 * starts; third is counted from the first channel. */
static inline void channels(const bw_conv_pixels_s8_rvv_params *p, int32_t channel, int several, int32_t third,
                            const int8_t *x, int32_t row_step, size_t n, int8_t *output) {
    const int32_t run = p->window.kernel_w * p->window.in_c, depth = p->window.kernel_h * run;
    const int32_t step = p->window.stride_w * p->window.in_c, *bias = p->requantize.bias + channel;
    const int8_t *wa = p->weights + channel * depth, *wb = wa + depth, *wc = wa + third * depth;
    bw_words a = bw_splat_words(bias[0], n), b = a, c = a;
    if (several) {
        b = bw_splat_words(bias[1], n);
        c = bw_splat_words(bias[third], n);
    }
    for (int32_t row = p->window.kernel_h; row > 0; --row) {
        const int8_t *in = x, *const end = x + run;
        for (; end - in >= 8; wa += 8, wb += 8, wc += 8) {
            TAP(0) TAP(1) TAP(2) TAP(3) TAP(4) TAP(5) TAP(6) TAP(7)
        }
        for (; in < end; ++wa, ++wb, ++wc) {
            TAP(0)
        }
        x += row_step;
    }
    finish(p, channel, a, n, output);
    if (several) {
        finish(p, channel + 1, b, n, output);
        if (third > 1) {
            finish(p, channel + 2, c, n, output);
        }
    }
}

static void one(const bw_conv_pixels_s8_rvv_params *restrict p, int32_t channel, const int8_t *x, int32_t row_step,
                size_t n, int8_t *output) {
    channels(p, channel, 0, 0, x, row_step, n, output);
}

static void several(const bw_conv_pixels_s8_rvv_params *restrict p, int32_t channel, int32_t third, const int8_t *x,
                    int32_t row_step, size_t n, int8_t *output) {
    channels(p, channel, 1, third, x, row_step, n, output);
}

static void pixels(const bw_conv_pixels_s8_rvv_params *p, const int8_t *x, int32_t row_step, int8_t *output) {
    for (int32_t left = p->window.out_w; left > 0;) {
        const size_t n = bw_lanes(left < p->together ? left : p->together);
        int32_t channel = 0;
        for (; channel + 1 < p->out_c; channel += 3) {
            several(p, channel, channel + 2 < p->out_c ? 2 : 1, x, row_step, n, output);
        }
        if (channel < p->out_c) {
            one(p, channel, x, row_step, n, output);
        }
        x += (int32_t)n * p->window.stride_w * p->window.in_c;
        output += (int32_t)n * p->out_c;
        left -= (int32_t)n;
    }
}

void bw_conv_pixels_s8_rvv(const bw_conv_pixels_s8_rvv_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t row_step = w->in_w * w->in_c, inside = w->pad_w == 0 && p->reach <= w->in_w;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const int32_t top = oy * w->stride_h - w->pad_h;
            if (inside && bw_rows_inside(w, top)) {
                pixels(p, input + top * row_step, w->dilation_h * row_step, output);
            } else {
                bw_copy_rows_rvv(w, input, top, -w->pad_w, p->reach, p->input_zero_point, scratch);
                pixels(p, scratch, p->reach * w->in_c, output);
            }
            output += w->out_w * p->out_c;
        }
        input += w->in_h * row_step;
    }
}
