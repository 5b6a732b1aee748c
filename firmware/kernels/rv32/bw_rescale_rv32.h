/* Requantization DOUBLE (bw_fixedpoint.h) on RV32 without the lower half of its product.
 *
 * t is the upper word of ((acc << scale) + bias) * multiplier. Rectified layers, whose outputs are never below the zero
 * point, have t >> right, clamped; others take tie = 2^(scale - 1) from t where it is negative and have
 * (t + half + 2^(right - 1)) >> right, plus the zero point and clamped; with tie, half and offset 0 rectified layers
 * can be computed so, too, by four instructions more. Exact with the constants that the host found, which it checks at
 * every step of the staircase. Where it finds none, scale 2, the policy's multiplier, its right shift plus one and half
 * 1, that of the first rounding, are the policy itself for accumulators below 2^29. Per channel: bias, multiplier,
 * right; right is 2 to 23.
 */
#ifndef BW_RESCALE_RV32_H
#define BW_RESCALE_RV32_H

#include "bw_fixedpoint.h"

typedef struct {
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *right;
    int32_t scale, tie, half; /* tie 0: rectified */
    int32_t offset;           /* 2 * the output's zero point + 1; 0: rectified */
    int32_t low, high;
} bw_rescale_rv32;

/* One channel's constants. */
typedef struct {
    int32_t bias, multiplier, scale, right, tie, rounding, low, high;
} bw_rescale_channel;

static inline bw_rescale_channel bw_rescale_of(const bw_rescale_rv32 *p, int32_t channel) {
    const int32_t right = p->right[channel];
    const bw_rescale_channel constants = {
        .bias = p->bias[channel],
        .multiplier = p->multiplier[channel],
        .scale = p->scale,
        .right = right,
        .tie = p->tie,
        .rounding = bw_shl32(p->offset, right - 1) + p->half,
        .low = p->low,
        .high = p->high,
    };
    return constants;
}

static inline int32_t bw_rescale_product(const bw_rescale_channel *c, uint32_t acc) {
    const int32_t scaled = (int32_t)((acc << c->scale) + (uint32_t)c->bias);
    return (int32_t)(((int64_t)scaled * c->multiplier) >> 32);
}

/* Two tests and no moves: most values pass both. Compilers know Zbb by themselves; BW_ZBB is for those which cannot be
 * told without losing their libraries. Results are int8, but not narrowed again. */
static inline int32_t bw_rescale_clamp(const bw_rescale_channel *c, int32_t value) {
#ifdef BW_ZBB
    __asm__("min %0, %0, %1\n\tmax %0, %0, %2" : "+r"(value) : "r"(c->high), "r"(c->low));
#else
    if (value > c->high) {
        value = c->high;
    }
    if (value < c->low) {
        value = c->low;
    }
#endif
    return value;
}

/* Of a sum that has scale and bias already. */
static inline int32_t bw_rescale_scaled(const bw_rescale_channel *c, int32_t scaled) {
    return bw_rescale_clamp(c, (int32_t)(((int64_t)scaled * c->multiplier) >> 32) >> c->right);
}

static inline int32_t bw_rescale_rectified(const bw_rescale_channel *c, uint32_t acc) {
    return bw_rescale_clamp(c, bw_rescale_product(c, acc) >> c->right);
}

/* Rectified or not. */
static inline int32_t bw_rescale_sum(const bw_rescale_channel *c, uint32_t acc) {
    int32_t value = bw_rescale_product(c, acc);
    value -= value < 0 ? c->tie : 0;
    return bw_rescale_clamp(c, (value + c->rounding) >> c->right);
}

#endif /* BW_RESCALE_RV32_H */
