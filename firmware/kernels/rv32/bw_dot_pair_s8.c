#include "bw_dot_pair_s8.h"

#include <stddef.h>

#include "bw_dsp.h"
#include "bw_fixedpoint.h"

/* The barrier keeps the compiler from loading several taps ahead, for which there are not enough registers. */
#define TAP(k)                                                                                                         \
    do {                                                                                                               \
        const int32_t x = first[k], y = second[k];                                                                     \
        const int32_t a = w0[k], b = w1[k], c = w2[k], d = w3[k];                                                      \
        x0 += x * a, y0 += y * a;                                                                                      \
        x1 += x * b, y1 += y * b;                                                                                      \
        x2 += x * c, y2 += y * c;                                                                                      \
        x3 += x * d, y3 += y * d;                                                                                      \
        __asm__ volatile("" ::: "memory");                                                                             \
    } while (0)

typedef struct {
    int8_t *first, *second; /* where both columns' results go; the same place where there is no second column */
} destination;

static inline void store(const bw_dot_pair_s8_params *p, int32_t channel, int32_t x, int32_t y, destination to) {
    const int32_t multiplier = p->multiplier[channel], right = p->right[channel], zero_point = p->output_zero_point;
    to.second[channel] = (int8_t)bw_clamp(bw_requantize_dsp(y, multiplier, right) + zero_point, p->low, p->high);
    to.first[channel] = (int8_t)bw_clamp(bw_requantize_dsp(x, multiplier, right) + zero_point, p->low, p->high);
}

static void four(const bw_dot_pair_s8_params *p, int32_t channel, const int8_t *first, const int8_t *second,
                 destination to) {
    const int8_t *w0 = p->weights + channel * p->depth, *w1 = w0 + p->depth, *w2 = w1 + p->depth, *w3 = w2 + p->depth;
    const int32_t *bias = p->bias + channel;
    int32_t x0 = bias[0], x1 = bias[1], x2 = bias[2], x3 = bias[3];
    int32_t y0 = x0, y1 = x1, y2 = x2, y3 = x3;
    const int8_t *end = first + p->depth, *whole = first + (p->depth & ~3);
    while (first < whole) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
        first += 4, second += 4, w0 += 4, w1 += 4, w2 += 4, w3 += 4;
    }
    while (first < end) {
        TAP(0);
        ++first, ++second, ++w0, ++w1, ++w2, ++w3;
    }
    store(p, channel, x0, y0, to);
    store(p, channel + 1, x1, y1, to);
    store(p, channel + 2, x2, y2, to);
    store(p, channel + 3, x3, y3, to);
}

void bw_dot_pair_s8(const bw_dot_pair_s8_params *p, const int8_t *first, const int8_t *second, int8_t *output) {
    const destination to = {output, second == NULL ? output : output + p->channels};
    int32_t channel = 0;
    if (second == NULL) {
        second = first;
    }
    for (; channel + 3 < p->channels; channel += 4) {
        four(p, channel, first, second, to);
    }
    for (; channel < p->channels; ++channel) {
        const int8_t *weights = p->weights + channel * p->depth;
        int32_t x = p->bias[channel], y = x;
        for (int32_t k = 0; k < p->depth; ++k) {
            x += first[k] * weights[k];
            y += second[k] * weights[k];
        }
        store(p, channel, x, y, to);
    }
}
