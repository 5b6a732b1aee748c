/* Sums of weighted magnitudes in bands, and their logarithms: int32 [frames][bins] -> int16 [frames][channels], log2 in
 * Q10 less the offset.
 *
 * Ranges, proven on the host: floor plus any band's sum is in 1..2^62-1. Overlap: none.
 */
#ifndef BW_AUDIO_LOG_MEL_H
#define BW_AUDIO_LOG_MEL_H

#include <stdint.h>

typedef struct {
    int32_t frames, bins, channels;
    int32_t offset;
    int64_t floor;
    const int16_t *weights; /* Q15, band by band */
    const int16_t *bands;   /* [channels][2]: first bin, number of bins */
    const uint16_t *log2;   /* [65] */
} bw_audio_log_mel_params;

void bw_audio_log_mel(const bw_audio_log_mel_params *p, const int32_t *magnitudes, int16_t *output);

#endif /* BW_AUDIO_LOG_MEL_H */
