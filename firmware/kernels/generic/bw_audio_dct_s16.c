/* Cepstral coefficients. */
#include "bw_audio_dct_s16.h"

void bw_audio_dct_s16(const bw_audio_dct_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        const int16_t *weight = p->matrix;
        for (int32_t row = 0; row < p->coefficients; ++row) {
            int64_t sum = INT64_C(1) << (p->shift - 1);
            for (int32_t channel = 0; channel < p->channels; ++channel) {
                sum += (int32_t)input[channel] * *weight++;
            }
            *output++ = (int16_t)(sum >> p->shift);
        }
        input += p->channels;
    }
}
