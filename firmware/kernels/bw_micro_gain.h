/* The micro frontend's gain control (PCAN): signals uint32 times a gain that falls with the noise, then bent.
 *
 * In place: every element depends on the signal and the noise in its place alone.
 */
#ifndef BW_MICRO_GAIN_H
#define BW_MICRO_GAIN_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    int32_t shift;        /* 0..31, from a signal times a gain to a ratio in Q12 */
    const int16_t *table; /* [125]: gains at 0 and 1, then value, slope, curvature and 0 for every power of two */
} bw_micro_gain_params;

void bw_micro_gain(const bw_micro_gain_params *p, const uint32_t *signals, const uint32_t *noise, uint32_t *output);

#endif /* BW_MICRO_GAIN_H */
