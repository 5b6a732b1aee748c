#include "bw_depthwise_conv_s8_blocked.h"

#include <string.h>

#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#include "bw_taps_s8.h"

static int8_t requantize(const bw_depthwise_conv_s8_blocked_params *p, int32_t channel, int32_t acc) {
    const int32_t value = bw_requantize_dsp(acc, p->multiplier[channel], p->right[channel]);
    return (int8_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
}

static void pixel(const bw_depthwise_conv_s8_blocked_params *p, const int8_t *const *taps, const int8_t *const *end,
                  int8_t *output) {
    const int32_t channels = p->window.in_c;
    int32_t c = 0;
    for (; c + 3 < channels; c += 4) {
        const int8_t *weights = p->weights + c;
        int32_t acc0 = p->bias[c], acc1 = p->bias[c + 1], acc2 = p->bias[c + 2], acc3 = p->bias[c + 3];
        for (const int8_t *const *tap = taps; tap < end; ++tap) {
            const int8_t *x = *tap + c;
            acc0 += x[0] * weights[0];
            acc1 += x[1] * weights[1];
            acc2 += x[2] * weights[2];
            acc3 += x[3] * weights[3];
            weights += channels;
        }
        output[c] = requantize(p, c, acc0);
        output[c + 1] = requantize(p, c + 1, acc1);
        output[c + 2] = requantize(p, c + 2, acc2);
        output[c + 3] = requantize(p, c + 3, acc3);
    }
    for (; c < channels; ++c) {
        const int8_t *weights = p->weights + c;
        int32_t acc = p->bias[c];
        for (const int8_t *const *tap = taps; tap < end; ++tap) {
            acc += (*tap)[c] * *weights;
            weights += channels;
        }
        output[c] = requantize(p, c, acc);
    }
}

void bw_depthwise_conv_s8_blocked(const bw_depthwise_conv_s8_blocked_params *p, const int8_t *input, int8_t *output,
                                  void *scratch) {
    const bw_window *w = &p->window;
    const int32_t count = w->kernel_h * w->kernel_w;
    const int8_t **taps = bw_taps_in(scratch);
    int8_t *padding = (int8_t *)(taps + count);
    memset(padding, p->input_zero_point, (size_t)w->in_c);
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                bw_taps_s8(w, input, oy, ox, padding, taps);
                pixel(p, taps, taps + count, output);
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
