/* Requantization WIDE (bw_fixedpoint.h) of sums that fit int32, each by its own multiplier.
 *
 * Multipliers have their 16 bits in the high half, so that half a step is a whole number of the high word's units;
 * right 1..30. Cost: some 11 instructions per output on a Cortex-M4.
 */
#ifndef BW_FINISH_WIDE_S16_H
#define BW_FINISH_WIDE_S16_H

#include "bw_clamp_run_s16.h"
#include "bw_dsp.h"

/* floor(x * multiplier / 2^32), the low half of the multiplier 0. */
static inline int32_t bw_high_wide(int32_t x, int32_t multiplier) {
#if defined(__ARM_ARCH) && __ARM_ARCH == 6
    const int32_t half = multiplier >> 16;
    return (x >> 16) * half + (int32_t)(((uint32_t)x & 0xFFFFU) * (uint32_t)half >> 16);
#else
    return (int32_t)(((int64_t)x * multiplier) >> 32);
#endif
}

static inline void bw_finish_wide_s16(const int32_t *sums, const int32_t *multiplier, const int8_t *right,
                                      int32_t count, int32_t low, int32_t high, int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t value = bw_high_wide(sums[i], multiplier[i]);
        output[i] = (int16_t)bw_ssat16(((value >> (right[i] - 1)) + 1) >> 1);
    }
    bw_clamp_run_s16(output, count, low, high);
}

#endif /* BW_FINISH_WIDE_S16_H */
