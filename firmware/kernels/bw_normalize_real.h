/* Layer norm and RMS norm of rows in float; bw_normalize_real_params.h states layout and cost. */
#ifndef BW_NORMALIZE_REAL_H
#define BW_NORMALIZE_REAL_H

#include "bw_normalize_real_params.h"
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

static inline void bw_normalize_real(const bw_normalize_real_params *p, const bw_real *input, bw_real *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const float mean = p->centre ? bw_mean_real(input, p->depth, p->share) : 0.0f;
        const float root = bw_reciprocal_root_real(bw_power_real(input, p->depth, p->share, mean) + p->epsilon);
        for (int32_t i = 0; i < p->depth; ++i) {
            const float normal = (bw_load(input + i) - mean) * root;
            bw_store(output + i, bw_clamp(normal * p->gain[i] + p->bias[i], p->low, p->high));
        }
        input += p->depth;
        output += p->depth;
    }
}

#endif /* BW_NORMALIZE_REAL_H */
