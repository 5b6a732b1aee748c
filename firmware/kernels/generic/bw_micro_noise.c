/* Noise reduction. */
#include "bw_micro_noise.h"

void bw_micro_noise(const bw_micro_noise_params *p, const uint32_t *signals, const uint32_t *state, uint32_t *output,
                    uint32_t *estimates, uint32_t *next) {
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        for (int32_t channel = 0; channel < p->channels; ++channel) {
            const uint32_t follow = (channel & 1) != 0 ? p->odd : p->even;
            const uint32_t signal = *signals++, scaled = signal << p->scale;
            const uint32_t noise =
                (uint32_t)(((uint64_t)scaled * follow + (uint64_t)state[channel] * (16384U - follow)) >> 14);
            const uint32_t less = (scaled - (noise < scaled ? noise : scaled)) >> p->scale;
            const uint32_t least = (uint32_t)(((uint64_t)signal * p->least) >> 14);
            *output++ = less > least ? less : least;
            *estimates++ = noise;
            next[channel] = noise;
        }
        state = next;
    }
}
