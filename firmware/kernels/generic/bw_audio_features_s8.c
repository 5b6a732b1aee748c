/* Features in the network's own grid. */
#include "bw_audio_features_s8.h"

#include "bw_fixedpoint.h"

void bw_audio_features_s8(const bw_audio_features_s8_params *p, const void *const *inputs, int8_t *output) {
    const int16_t *frames = inputs[0];
    const int16_t *levels = p->level_count > 0 ? inputs[1] : frames;
    int32_t highest = p->level_count > 0 ? levels[0] : 0;
    for (int32_t i = 1; i < p->level_count; ++i) {
        highest = levels[i] > highest ? levels[i] : highest;
    }
    for (int32_t value = 0; value < p->values; ++value) {
        const int32_t taken = (int32_t)(((int64_t)p->gain[value] * highest + p->bias[value] + (1 << 14)) >> 15);
        for (int32_t i = value; i < p->frames * p->values; i += p->values) {
            const int32_t scaled = bw_requantize_single(frames[i] - taken, p->multiplier, p->shift);
            output[i] = (int8_t)bw_clamp(scaled + p->zero_point, -128, 127);
        }
    }
}
