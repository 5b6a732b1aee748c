/* A run of int16 moves one place toward its beginning, the newest value comes in at its end, and the run is multiplied
 * with weights; the sum wraps.
 *
 * Ranges: at least one value. Cost for two of them: 6 instructions with SMLAD.
 */
#ifndef BW_SLIDE_S16_H
#define BW_SLIDE_S16_H

#include <stdint.h>

#include "bw_dsp.h"

static inline int32_t bw_slide_s16(const int16_t *weights, int16_t *state, int32_t count, int32_t newest) {
    uint32_t sum = 0;
    for (--count; count >= 2; count -= 2, state += 2, weights += 2) {
#ifdef __ARM_FEATURE_DSP
        const uint32_t moved = bw_load32(state + 1);
        bw_store32(state, moved);
        sum = (uint32_t)bw_smlad(bw_load32(weights), moved, (int32_t)sum);
#else
        const int16_t first = state[1], second = state[2];
        state[0] = first;
        state[1] = second;
        sum += (uint32_t)(weights[0] * first) + (uint32_t)(weights[1] * second);
#endif
    }
    if (count > 0) {
        const int16_t moved = state[1];
        *state++ = moved;
        sum += (uint32_t)(*weights++ * moved);
    }
    *state = (int16_t)newest;
    return (int32_t)(sum + (uint32_t)(*weights * newest));
}

#endif /* BW_SLIDE_S16_H */
