/* The micro frontend's first stages: int16 samples -> energies int32 [frames][bins] and, of every frame, the shift that
 * scaled it up, int16 [frames].
 *
 * The arithmetic is kissfft's with 16 fractional bits: values are divided before every stage, products rounded once,
 * and what leaves int16 wraps.
 * Scratch: fft int16. Overlap: none.
 * Cost: some 62 000 instructions for a frame of 480 samples on a Cortex-M4.
 */
#ifndef BW_MICRO_SPECTRUM_H
#define BW_MICRO_SPECTRUM_H

#include <stdint.h>

typedef struct {
    int32_t frames, stride;
    int32_t size;                  /* of the window */
    int32_t fft;                   /* a power of two, at least size */
    int32_t first, bins;           /* 1 <= first, first + bins <= fft / 2 */
    const int16_t *window;         /* [size], Q12 */
    const int16_t *twiddles;       /* [fft * 3 / 8][2] */
    const int16_t *super_twiddles; /* [fft / 4][2] */
    const uint16_t *order;         /* [fft / 2]: the sample that stands at each place before the first stage */
} bw_micro_spectrum_params;

void bw_micro_spectrum(const bw_micro_spectrum_params *p, const int16_t *samples, int32_t *energies, int16_t *shifts,
                       void *scratch);

#endif /* BW_MICRO_SPECTRUM_H */
