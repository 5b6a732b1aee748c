/* Portable transposed convolution: each output gathers the input pixels whose windows cover it. */
#include "bw_transpose_conv_s16.h"

#include "bw_fixedpoint.h"

/* The input position whose tap k lands on output position at, or -1. */
static int32_t source(int32_t at, int32_t k, int32_t pad, int32_t stride, int32_t size) {
    const int32_t distance = at + pad - k;
    return distance >= 0 && distance % stride == 0 && distance / stride < size ? distance / stride : -1;
}

static int64_t accumulate(const bw_transpose_conv_s16_params *p, const int16_t *image, int32_t oy, int32_t ox,
                          int32_t channel) {
    const bw_window *w = &p->window;
    int64_t acc = p->bias[channel];
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = source(oy, ky, w->pad_h, w->stride_h, w->out_h);
        for (int32_t kx = 0; kx < w->kernel_w && y >= 0; ++kx) {
            const int32_t x = source(ox, kx, w->pad_w, w->stride_w, w->out_w);
            if (x < 0) {
                continue;
            }
            const int16_t *pixel = image + (y * w->out_w + x) * w->in_c;
            const int8_t *weights = p->weights + ((channel * w->kernel_h + ky) * w->kernel_w + kx) * w->in_c;
            for (int32_t c = 0; c < w->in_c; ++c) {
                acc += (int64_t)(pixel[c] - p->input_zero_point) * weights[c];
            }
        }
    }
    return acc;
}

void bw_transpose_conv_s16(const bw_transpose_conv_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->in_h; ++oy) {
            for (int32_t ox = 0; ox < w->in_w; ++ox) {
                for (int32_t c = 0; c < p->out_c; ++c) {
                    const int64_t acc = accumulate(p, input, oy, ox, c);
                    const int32_t value = bw_requantize_s16(acc, p->multiplier[c], p->shift[c], p->wide);
                    *output++ = (int16_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
                }
            }
        }
        input += w->out_h * w->out_w * w->in_c;
    }
}
