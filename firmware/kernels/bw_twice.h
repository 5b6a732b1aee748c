/* Requantization DOUBLE (bw_fixedpoint.h) by a multiplier of at least 2^30 of values that are given twice, so that the
 * rounding high product is the high word of one product, rounded half up.
 *
 * Ranges, proven on the host: the high product, doubled, plus 2^right + 1 fits int32; right 1 to 30.
 */
#ifndef BW_TWICE_H
#define BW_TWICE_H

#include "bw_dsp.h"
#include "bw_high_rounded.h"

#ifdef __riscv

/* Twice the high product, rounded down: one instruction, as one factor may have a sign and the other none. */
static inline int32_t bw_high_of_twice(int32_t twice, int32_t multiplier) {
    return (int32_t)(((int64_t)twice * (int64_t)(2 * (uint32_t)multiplier)) >> 32);
}

/* Without the second rounding: a shift of 0. */
static inline int32_t bw_round_twice(int32_t twice, int32_t multiplier) {
    return (bw_high_of_twice(twice, multiplier) + 1) >> 1;
}

/* Both roundings in units of half the high product: half a step up, less one step below zero, then ties up. */
static inline int32_t bw_requantize_twice(int32_t twice, int32_t multiplier, int32_t right) {
    const int32_t high = bw_high_of_twice(twice, multiplier) + (twice < 0 ? -1 : 1);
    return (high + (1 << right)) >> (right + 1);
}

#else

static inline int32_t bw_round_twice(int32_t twice, int32_t multiplier) {
#ifdef __ARM_FEATURE_DSP
    return bw_smmulr(twice, multiplier);
#else
    return bw_high_rounded(twice, multiplier);
#endif
}

/* Ties away from zero: up, of one less below zero. */
static inline int32_t bw_requantize_twice(int32_t twice, int32_t multiplier, int32_t right) {
    const int32_t half = (1 << (right - 1)) - (twice < 0);
#ifdef __ARM_FEATURE_DSP
    return bw_smmlar(twice, multiplier, half) >> right;
#else
    return (bw_high_rounded(twice, multiplier) + half) >> right;
#endif
}

#endif

/* Twice a value of at most 2^30, which alone has no double. */
static inline int32_t bw_twice(int32_t value) {
#ifdef __ARM_FEATURE_DSP
    int32_t twice;
    __asm__("qadd %0, %1, %1" : "=r"(twice) : "r"(value));
    return twice;
#else
    return value == 1 << 30 ? INT32_MAX : (int32_t)((uint32_t)value << 1);
#endif
}

#endif /* BW_TWICE_H */
