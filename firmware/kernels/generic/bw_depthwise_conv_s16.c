/* Portable 16x8 depthwise convolution. */
#include "bw_depthwise_conv_s16.h"

#include "bw_fixedpoint.h"

static int64_t accumulate(const bw_depthwise_conv_s16_params *p, const int16_t *image, int32_t top, int32_t left,
                          int32_t channel) {
    const bw_window *w = &p->window;
    int64_t acc = p->bias[channel];
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = top + ky * w->dilation_h;
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t x = left + kx * w->dilation_w;
            if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) {
                continue;
            }
            const int32_t value =
                image[(y * w->in_w + x) * w->in_c + channel / p->depth_multiplier] - p->input_zero_point;
            acc += (int64_t)value * p->weights[(ky * w->kernel_w + kx) * p->out_c + channel];
        }
    }
    return acc;
}

void bw_depthwise_conv_s16(const bw_depthwise_conv_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                for (int32_t c = 0; c < p->out_c; ++c) {
                    const int64_t acc =
                        accumulate(p, input, oy * w->stride_h - w->pad_h, ox * w->stride_w - w->pad_w, c);
                    const int32_t value = bw_requantize_s16(acc, p->multiplier[c], p->shift[c], p->wide);
                    *output++ = (int16_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
