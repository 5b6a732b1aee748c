/* Rows of int8 weights times a vector in float: the sums in the order of the depth, of float16 those of bw_fused_f16.h.
 */
#ifndef BW_DOT_REAL_H
#define BW_DOT_REAL_H

#include "bw_real.h"

#ifdef BW_HALF
#include "bw_dot_f16.h"

static inline void bw_dot4_real(const int8_t *weights, const bw_real *x, int32_t depth, float sums[4]) {
    bw_dot4_f16(weights, x, depth, sums);
}

static inline float bw_dot_real(const int8_t *weights, const bw_real *x, int32_t depth) {
    return bw_dot_f16(weights, x, depth);
}

#else

/* Sums of four rows of weights, which follow each other. */
static inline void bw_dot4_real(const int8_t *weights, const bw_real *x, int32_t depth, float sums[4]) {
    const int8_t *const w0 = weights, *const w1 = w0 + depth, *const w2 = w1 + depth, *const w3 = w2 + depth;
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    for (int32_t k = 0; k < depth; ++k) {
        const float value = bw_load(x + k);
        s0 += value * (float)w0[k];
        s1 += value * (float)w1[k];
        s2 += value * (float)w2[k];
        s3 += value * (float)w3[k];
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static inline float bw_dot_real(const int8_t *weights, const bw_real *x, int32_t depth) {
    float sum = 0.0f;
    for (int32_t k = 0; k < depth; ++k) {
        sum += bw_load(x + k) * (float)weights[k];
    }
    return sum;
}

#endif

#endif /* BW_DOT_REAL_H */
