/* A matrix over the values of every frame: int16 [frames][channels] -> int16 [frames][coefficients],
 * (sum + 2^(shift - 1)) >> shift.
 *
 * Ranges, proven on the host: every result fits int16 for any input. Overlap: none.
 */
#ifndef BW_AUDIO_DCT_S16_H
#define BW_AUDIO_DCT_S16_H

#include <stdint.h>

typedef struct {
    int32_t frames, channels, coefficients;
    int32_t shift;         /* 1..31 */
    const int16_t *matrix; /* [coefficients][channels] */
} bw_audio_dct_s16_params;

void bw_audio_dct_s16(const bw_audio_dct_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_AUDIO_DCT_S16_H */
