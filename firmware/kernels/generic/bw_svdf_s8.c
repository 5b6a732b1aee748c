/* Portable SVDF, state of int16. */
#include "bw_svdf_s8.h"

#include "bw_fixedpoint.h"
#include "bw_inner_s8.h"

/* The state moves one step back on the way; the newest step comes in at its end. */
static int32_t over_time(const int16_t *weights, int16_t *state, int32_t memory, int32_t newest) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < memory - 1; ++i) {
        state[i] = state[i + 1];
        sum += (uint32_t)(weights[i] * state[i]);
    }
    state[memory - 1] = (int16_t)newest;
    return (int32_t)(sum + (uint32_t)(weights[memory - 1] * newest));
}

void bw_svdf_s8(const bw_svdf_s8_params *p, const int8_t *input, int8_t *output, int16_t *state) {
    for (int32_t batch = 0; batch < p->batch; ++batch, input += p->features) {
        const int8_t *feature_weights = p->feature_weights;
        const int16_t *time_weights = p->time_weights;
        const int32_t *offset = p->feature_offsets;
        for (int32_t unit = 0; unit < p->units; ++unit) {
            int32_t sum = p->bias[unit];
            for (int32_t i = 0; i < p->rank; ++i) {
                const int32_t acc = bw_inner_s8(feature_weights, input, p->features, *offset++);
                const int32_t newest = bw_requantize_double(acc, p->state_multiplier, p->state_shift);
                const int32_t part = over_time(time_weights, state, p->memory, bw_clamp(newest, INT16_MIN, INT16_MAX));
                sum = bw_add32(sum, part);
                feature_weights += p->features;
                time_weights += p->memory;
                state += p->memory;
            }
            const int32_t value = bw_requantize_double(sum, p->multiplier, p->shift) + p->output_zero_point;
            *output++ = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}
