/* What the kernels of capsules share in the arithmetic affine_s8; bit for bit converter/ops/capsule_affine.py. */
#ifndef BW_CAPSULE_H
#define BW_CAPSULE_H

#include "bw_fixedpoint.h"

/* The reciprocal of an output's scale: multiplier * 2^(shift - 31), multiplier in [2^30, 2^31), shift -20..24. */
typedef struct {
    int32_t multiplier, shift;
} bw_capsule_step;

/* What squashes a vector; see bw_capsule_squashed. */
typedef struct {
    int32_t factor, left, right;
} bw_capsule_squash;

/* sqrt(n) = result * 2^(-*exponent), n = squares with 2 * half bits of fraction, or as many fewer, in [1, 2^62); the
 * result lies in [2^30, 2^31). */
uint32_t bw_capsule_root(uint64_t squares, int32_t half, int32_t *exponent);

/* |s| / (|s|^2 + 1) in output steps; 0 where it counts as nothing. *one is the real 1 in the unit of |s|^2, which has
 * 2 * half bits of fraction, or as many fewer; |s|^2 + 1 < 2^62 in that unit. */
bw_capsule_squash bw_capsule_squash_of(uint64_t squares, int32_t half, const int64_t *one, const bw_capsule_step *step);

/* An element times the factor, half rounded up. An output is less than 1, which is below 2^24 steps, and a factor at
 * least 2^27: elements that are shifted to the left fit int32. */
static inline int32_t bw_capsule_squashed(int32_t value, const bw_capsule_squash *by) {
    return bw_requantize_high(value, by->factor, by->left, by->right);
}

/* 2^-x in Q16 of x >= 0 with `bits` bits of fraction, 1..16. */
static inline uint32_t bw_capsule_half_power(uint32_t octaves, int32_t bits) {
    const uint32_t whole = octaves >> bits;
    if (whole > 17U) {
        return 0;
    }
    const uint64_t x = octaves << (32 - bits); /* 32 bits of fraction */
    uint32_t term = UINT32_C(57311508) - (uint32_t)((UINT32_C(7419134) * x) >> 32);
    term = UINT32_C(257211668) - (uint32_t)((term * x) >> 32);
    term = UINT32_C(744187942) - (uint32_t)((term * x) >> 32);
    const uint32_t power = (UINT32_C(1) << 30) - (uint32_t)((term * x) >> 32);
    const uint32_t right = whole + 14U;
    return (power + (UINT32_C(1) << (right - 1U))) >> right;
}

/* Octaves to couplings in Q15, in place: the softmax to base 2 of `count` values, up to 1024. */
static inline void bw_capsule_couplings(int32_t *values, int32_t count, int32_t bits) {
    int32_t largest = values[0];
    for (int32_t j = 1; j < count; ++j) {
        largest = values[j] > largest ? values[j] : largest;
    }
    uint32_t total = 0;
    for (int32_t j = 0; j < count; ++j) {
        const uint32_t power = bw_capsule_half_power((uint32_t)(largest - values[j]), bits);
        values[j] = (int32_t)power;
        total += power;
    }
    for (int32_t j = 0; j < count; ++j) {
        values[j] = (int32_t)((((uint32_t)values[j] << 15) + (total >> 1)) / total);
    }
}

#endif /* BW_CAPSULE_H */
