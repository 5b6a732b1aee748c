/* The micro frontend's noise reduction: signals uint32 [frames][channels] less an estimate of the noise that follows
 * them, and the estimates.
 *
 * state: the estimates before the first frame [channels], next: those after the last. Overlap: none.
 */
#ifndef BW_MICRO_NOISE_H
#define BW_MICRO_NOISE_H

#include <stdint.h>

typedef struct {
    int32_t frames, channels;
    uint32_t even, odd; /* how fast estimates follow, Q14 */
    uint32_t least;     /* what stays of a signal, Q14 */
    int32_t scale;      /* bits that an estimate has more than a signal */
} bw_micro_noise_params;

void bw_micro_noise(const bw_micro_noise_params *p, const uint32_t *signals, const uint32_t *state, uint32_t *output,
                    uint32_t *estimates, uint32_t *next);

#endif /* BW_MICRO_NOISE_H */
