/* The level of every frame. */
#include "bw_audio_peak_s16.h"

#include "bw_log2.h"

void bw_audio_peak_s16(const bw_audio_peak_s16_params *p, const int16_t *samples, int16_t *output) {
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        int16_t highest = 1;
        for (int32_t i = 0; i < p->window; ++i) {
            highest = samples[i] > highest ? samples[i] : highest;
        }
        *output++ = (int16_t)bw_log2_q10((uint64_t)highest, p->log2);
        samples += p->stride;
    }
}
