/* Portable features of a window of samples. */
#include "bw_window_statistics_s16.h"

#include "bw_fixedpoint.h"
#include "bw_log2.h"

/* What one pass over the samples of an axis finds. */
typedef struct {
    int32_t sum, minimum, maximum;
    uint64_t squares;
} summary;

static summary summarize(const int16_t *input, int32_t samples, int32_t stride) {
    summary s = {0, input[0], input[0], 0};
    for (int32_t i = 0; i < samples; ++i) {
        const int32_t value = input[i * stride];
        s.sum += value;
        s.squares += (uint32_t)(value * value);
        s.minimum = value < s.minimum ? value : s.minimum;
        s.maximum = value > s.maximum ? value : s.maximum;
    }
    return s;
}

/* Floor of the square root of a value below 2^54. */
static int32_t square_root(uint64_t value) {
    uint64_t rest;
    return (int32_t)bw_sqrt64(value, &rest);
}

/* samples * feature */
static int32_t feature_of(const summary *s, int32_t feature, int32_t samples) {
    const uint64_t scaled = s->squares * (uint32_t)samples;
    switch (feature) {
    case BW_WINDOW_MEAN:
        return s->sum;
    case BW_WINDOW_DEVIATION:
        return square_root(scaled - (uint64_t)((int64_t)s->sum * s->sum));
    case BW_WINDOW_RMS:
        return square_root(scaled);
    case BW_WINDOW_MINIMUM:
        return samples * s->minimum;
    case BW_WINDOW_MAXIMUM:
        return samples * s->maximum;
    default:
        return samples * (s->maximum - s->minimum);
    }
}

void bw_window_statistics_s16(const bw_window_statistics_s16_params *p, const int16_t *input, void *output) {
    int8_t *narrow = output;
    int16_t *wide = output;
    for (int32_t axis = 0; axis < p->axes; ++axis) {
        const summary s = summarize(input + axis, p->samples, p->axes);
        for (int32_t i = 0; i < p->feature_count; ++i) {
            const int32_t exact = feature_of(&s, p->features[i], p->samples);
            const int32_t value = bw_requantize_double(exact, p->multiplier, p->shift) + p->output_zero_point;
            if (p->output_bytes == 1) {
                *narrow++ = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
            } else {
                *wide++ = (int16_t)bw_clamp(value, INT16_MIN, INT16_MAX);
            }
        }
    }
}
