/* Portable depthwise convolution: a pixel's accumulators stay in scratch while its taps pass by, channel by channel. */
#include "bw_depthwise_conv_s8.h"

#include "bw_fixedpoint.h"

/* acc[c] += w[c] * x[c / multiplier] for one tap. */
static void add_tap(const bw_depthwise_conv_s8_params *p, const int8_t *x, const int8_t *weights, int32_t *acc) {
    const int32_t multiplier = p->depth_multiplier;
    for (int32_t c = 0; c < p->window.in_c; ++c) {
        const int32_t value = x[c] - p->input_zero_point;
        for (int32_t m = 0; m < multiplier; ++m) {
            *acc++ += value * (*weights++ - p->weights_zero_point);
        }
    }
}

static void pixel(const bw_depthwise_conv_s8_params *p, const int8_t *image, int32_t top, int32_t left, int32_t *acc) {
    const bw_window *w = &p->window;
    const int32_t channels = w->in_c * p->depth_multiplier;
    for (int32_t c = 0; c < channels; ++c) {
        acc[c] = p->bias[c];
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = top + ky * w->dilation_h;
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t x = left + kx * w->dilation_w;
            if (y >= 0 && y < w->in_h && x >= 0 && x < w->in_w) {
                add_tap(p, image + (y * w->in_w + x) * w->in_c, p->weights + (ky * w->kernel_w + kx) * channels, acc);
            }
        }
    }
}

void bw_depthwise_conv_s8(const bw_depthwise_conv_s8_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t channels = w->in_c * p->depth_multiplier;
    int32_t *acc = scratch;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                pixel(p, input, oy * w->stride_h - w->pad_h, ox * w->stride_w - w->pad_w, acc);
                for (int32_t c = 0; c < channels; ++c) {
                    const int32_t value = bw_requantize_double(acc[c], p->multiplier[c], p->shift[c]);
                    *output++ = (int8_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
