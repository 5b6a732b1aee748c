/* Statistics of a row in float. */
#ifndef BW_NORMALIZE_REAL_H
#define BW_NORMALIZE_REAL_H

#include "bw_real.h"

/* 1 / sqrt(x) of positive normal x: a first guess by its bits, then four steps of Newton's method. */
static inline float bw_reciprocal_root_real(float x) {
    float y = bw_of_bits(0x5F3759DFU - (bw_bits(x) >> 1));
    const float half = 0.5f * x;
    for (int32_t step = 0; step < 4; ++step) {
        y = y * (1.5f - (half * y) * y);
    }
    return y;
}

static inline float bw_mean_real(const bw_real *x, int32_t depth, float share) {
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) {
        sum += bw_load(x + i);
    }
    return sum * share;
}

static inline float bw_power_real(const bw_real *x, int32_t depth, float share, float mean) {
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) {
        const float distance = bw_load(x + i) - mean;
        sum += distance * distance;
    }
    return sum * share;
}

#endif /* BW_NORMALIZE_REAL_H */
