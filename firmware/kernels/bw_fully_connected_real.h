/* One row of a fully connected layer in float. */
#ifndef BW_FULLY_CONNECTED_REAL_H
#define BW_FULLY_CONNECTED_REAL_H

#include "bw_dot_real.h"

#ifdef BW_HALF
#include "bw_dense_f16.h"

static inline void bw_fully_connected_real(int32_t units, int32_t depth, const int8_t *weights, const float *scale,
                                           const float *bias, float low, float high, const bw_real *input,
                                           bw_real *output) {
    bw_dense_f16(units, depth, weights, scale, bias, low, high, input, output);
}

#else

static inline void bw_fully_connected_real(int32_t units, int32_t depth, const int8_t *weights, const float *scale,
                                           const float *bias, float low, float high, const bw_real *input,
                                           bw_real *output) {
    int32_t unit = 0;
    for (; unit + 4 <= units; unit += 4) {
        float sums[4];
        bw_dot4_real(weights + unit * depth, input, depth, sums);
        for (int32_t i = 0; i < 4; ++i) {
            bw_store(output + unit + i, bw_clamp(sums[i] * scale[unit + i] + bias[unit + i], low, high));
        }
    }
    for (; unit < units; ++unit) {
        const float sum = bw_dot_real(weights + unit * depth, input, depth);
        bw_store(output + unit, bw_clamp(sum * scale[unit] + bias[unit], low, high));
    }
}

#endif

#endif /* BW_FULLY_CONNECTED_REAL_H */
