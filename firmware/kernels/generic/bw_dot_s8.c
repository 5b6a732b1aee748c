/* Portable dot products: two output channels share each load of the column. */
#include "bw_dot_s8.h"

#include "bw_fixedpoint.h"

static int8_t requantize(const bw_dot_s8_params *p, int32_t channel, int32_t acc) {
    const int32_t value = bw_requantize_double(acc, p->multiplier[channel], p->shift[channel]);
    return (int8_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
}

void bw_dot_s8(const bw_dot_s8_params *p, const int8_t *column, int8_t *output) {
    const int32_t depth = p->depth;
    const int8_t *weights = p->weights;
    int32_t correction = 0;
    if (p->weights_zero_point != 0) {
        for (int32_t k = 0; k < depth; ++k) {
            correction -= column[k];
        }
        correction *= p->weights_zero_point;
    }
    int32_t channel = 0;
    for (; channel + 1 < p->channels; channel += 2) {
        const int8_t *second = weights + depth;
        int32_t acc0 = p->bias[channel] + correction;
        int32_t acc1 = p->bias[channel + 1] + correction;
        for (int32_t k = 0; k < depth; ++k) {
            const int32_t x = column[k];
            acc0 += x * weights[k];
            acc1 += x * second[k];
        }
        output[channel] = requantize(p, channel, acc0);
        output[channel + 1] = requantize(p, channel + 1, acc1);
        weights = second + depth;
    }
    if (channel < p->channels) {
        int32_t acc = p->bias[channel] + correction;
        for (int32_t k = 0; k < depth; ++k) {
            acc += column[k] * weights[k];
        }
        output[channel] = requantize(p, channel, acc);
    }
}
