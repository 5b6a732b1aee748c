/* Frames to a network's grid: int16 [frames][values] -> int8, each value less gain * the highest level + bias (Q15),
 * requantized under SINGLE and clamped.
 *
 * levels: int16 [level_count]; none without levels. Overlap: none.
 */
#ifndef BW_AUDIO_FEATURES_S8_H
#define BW_AUDIO_FEATURES_S8_H

#include <stdint.h>

typedef struct {
    int32_t frames, values, level_count;
    int32_t multiplier, shift, zero_point;
    const int32_t *gain; /* [values] */
    const int64_t *bias; /* [values] */
} bw_audio_features_s8_params;

/* inputs: the frames and, where level_count is not 0, the levels. */
void bw_audio_features_s8(const bw_audio_features_s8_params *p, const void *const *inputs, int8_t *output);

#endif /* BW_AUDIO_FEATURES_S8_H */
