/* Register-blocked dot products: four output channels share each load of the column, four taps a turn. */
#include "bw_dot_s8.h"

#include "bw_fixedpoint.h"

#define TAP(k)                                                                                                         \
    do {                                                                                                               \
        const int32_t x = column[k];                                                                                   \
        acc0 += x * w0[k];                                                                                             \
        acc1 += x * w1[k];                                                                                             \
        acc2 += x * w2[k];                                                                                             \
        acc3 += x * w3[k];                                                                                             \
    } while (0)

static int8_t requantize(const bw_dot_s8_params *p, int32_t channel, int32_t acc) {
    const int32_t value = bw_requantize_double(acc, p->multiplier[channel], p->shift[channel]);
    return (int8_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
}

static void four(const bw_dot_s8_params *p, int32_t channel, const int8_t *column, int32_t correction, int8_t *output) {
    const int8_t *w0 = p->weights + channel * p->depth, *w1 = w0 + p->depth, *w2 = w1 + p->depth, *w3 = w2 + p->depth;
    const int32_t *bias = p->bias + channel;
    int32_t acc0 = bias[0] + correction, acc1 = bias[1] + correction;
    int32_t acc2 = bias[2] + correction, acc3 = bias[3] + correction;
    const int8_t *end = column + p->depth, *whole = column + (p->depth & ~3);
    while (column < whole) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
        column += 4, w0 += 4, w1 += 4, w2 += 4, w3 += 4;
    }
    while (column < end) {
        TAP(0);
        ++column, ++w0, ++w1, ++w2, ++w3;
    }
    output[channel] = requantize(p, channel, acc0);
    output[channel + 1] = requantize(p, channel + 1, acc1);
    output[channel + 2] = requantize(p, channel + 2, acc2);
    output[channel + 3] = requantize(p, channel + 3, acc3);
}

void bw_dot_s8(const bw_dot_s8_params *p, const int8_t *column, int8_t *output) {
    int32_t correction = 0;
    if (p->weights_zero_point != 0) {
        for (int32_t k = 0; k < p->depth; ++k) {
            correction -= column[k];
        }
        correction *= p->weights_zero_point;
    }
    int32_t channel = 0;
    for (; channel + 3 < p->channels; channel += 4) {
        four(p, channel, column, correction, output);
    }
    for (; channel < p->channels; ++channel) {
        const int8_t *weights = p->weights + channel * p->depth;
        int32_t acc = p->bias[channel] + correction;
        for (int32_t k = 0; k < p->depth; ++k) {
            acc += column[k] * weights[k];
        }
        output[channel] = requantize(p, channel, acc);
    }
}
