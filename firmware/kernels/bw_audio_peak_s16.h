/* log2, in Q10, of the highest sample of every frame (1 where none is above it): int16 -> int16 [frames]. */
#ifndef BW_AUDIO_PEAK_S16_H
#define BW_AUDIO_PEAK_S16_H

#include <stdint.h>

typedef struct {
    int32_t frames, stride, window;
    const uint16_t *log2; /* [65] */
} bw_audio_peak_s16_params;

void bw_audio_peak_s16(const bw_audio_peak_s16_params *p, const int16_t *samples, int16_t *output);

#endif /* BW_AUDIO_PEAK_S16_H */
