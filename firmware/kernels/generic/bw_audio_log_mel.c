/* Mel filters and logarithm. */
#include "bw_audio_log_mel.h"

#include "bw_log2.h"

void bw_audio_log_mel(const bw_audio_log_mel_params *p, const int32_t *magnitudes, int16_t *output) {
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        const int16_t *weight = p->weights;
        for (int32_t channel = 0; channel < p->channels; ++channel) {
            const int32_t *bin = magnitudes + p->bands[2 * channel];
            int64_t sum = p->floor;
            for (int32_t i = p->bands[2 * channel + 1]; i > 0; --i) {
                sum += (int64_t)*bin++ * *weight++;
            }
            *output++ = (int16_t)(bw_log2_q10((uint64_t)sum, p->log2) - p->offset);
        }
        magnitudes += p->bins;
    }
}
