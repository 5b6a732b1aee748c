#include "bw_depthwise_conv_s8_dsp.h"

#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#include "bw_taps_s8.h"

static int8_t requantize(const bw_depthwise_conv_s8_dsp_params *p, int32_t acc, int32_t channel) {
    const int32_t value = bw_requantize_dsp(acc, p->multiplier[channel], p->right[channel]) + p->output_zero_point;
    return (int8_t)bw_clamp(value, p->low, p->high);
}

/* One output pixel: taps[2 * i] and taps[2 * i + 1] point to the input pixels of the i-th pair. */
static void pixel(const bw_depthwise_conv_s8_dsp_params *p, const int8_t *const *taps, int32_t pairs, int8_t *output) {
    const int8_t *weights = p->weights;
    const int8_t *const *end = taps + 2 * pairs;
    for (int32_t c = 0; c < p->window.in_c; c += 4) {
        int32_t acc0 = p->bias[c], acc1 = p->bias[c + 1], acc2 = p->bias[c + 2], acc3 = p->bias[c + 3];
        for (const int8_t *const *tap = taps; tap < end; tap += 2) {
            const uint32_t t = bw_load32(tap[0] + c), u = bw_load32(tap[1] + c);
            const uint32_t t_even = bw_sxtb16(t), u_even = bw_sxtb16(u);
            const uint32_t t_odd = bw_sxtb16_ror8(t), u_odd = bw_sxtb16_ror8(u);
            const uint32_t low = bw_load32(weights), high = bw_load32(weights + 4);
            acc0 = bw_smlad(bw_sxtb16(low), bw_pkhbt(t_even, u_even), acc0);
            acc1 = bw_smlad(bw_sxtb16_ror8(low), bw_pkhbt(t_odd, u_odd), acc1);
            acc2 = bw_smlad(bw_sxtb16(high), bw_pkhtb(t_even, u_even), acc2);
            acc3 = bw_smlad(bw_sxtb16_ror8(high), bw_pkhtb(t_odd, u_odd), acc3);
            weights += 8;
        }
        output[c] = requantize(p, acc0, c);
        output[c + 1] = requantize(p, acc1, c + 1);
        output[c + 2] = requantize(p, acc2, c + 2);
        output[c + 3] = requantize(p, acc3, c + 3);
    }
}

void bw_depthwise_conv_s8_dsp(const bw_depthwise_conv_s8_dsp_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    const bw_window *w = &p->window;
    const int32_t count = w->kernel_h * w->kernel_w, pairs = (count + 1) / 2;
    const int8_t **taps = bw_taps_in(scratch);
    int8_t *padding = (int8_t *)(taps + 2 * pairs);
    memset(padding, p->input_zero_point, (size_t)w->in_c);
    taps[2 * pairs - 1] = padding;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                bw_taps_s8(w, input, oy, ox, padding, taps);
                pixel(p, taps, pairs, output);
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
