/* Magnitudes of the spectrum of overlapping frames: int16 samples -> int32 [frames][bins].
 *
 * A frame is multiplied by the window, packed into fft / 2 complex numbers and transformed in radix-2 stages of int32
 * that each halve their result, so that nothing overflows for any samples; magnitudes have 16 leading bits.
 * Scratch: fft int32. Overlap: a frame is written after it has been read; the next begins stride samples on.
 * Cost: some 75 000 instructions for a frame of 480 samples and 128 bins on a Cortex-M4.
 */
#ifndef BW_AUDIO_SPECTRUM_H
#define BW_AUDIO_SPECTRUM_H

#include <stdint.h>

typedef struct {
    int32_t frames, stride;
    int32_t size;            /* of the window */
    int32_t fft;             /* a power of two, at least size */
    int32_t bins;            /* up to fft / 2 + 1 */
    const int16_t *window;   /* [size], Q15 */
    const int32_t *twiddles; /* [fft / 2][2]: cosine and sine of -2 pi k / fft, Q30 */
} bw_audio_spectrum_params;

void bw_audio_spectrum(const bw_audio_spectrum_params *p, const int16_t *samples, int32_t *output, void *scratch);

#endif /* BW_AUDIO_SPECTRUM_H */
