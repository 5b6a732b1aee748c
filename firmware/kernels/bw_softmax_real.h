/* One row of softmax in float. */
#ifndef BW_SOFTMAX_REAL_H
#define BW_SOFTMAX_REAL_H

#include "bw_exp_real.h"

static inline void bw_softmax_row_real(int32_t depth, float beta, const bw_real *input, bw_real *output,
                                       float *powers) {
    float largest = bw_load(input);
    for (int32_t i = 1; i < depth; ++i) {
        const float x = bw_load(input + i);
        largest = x > largest ? x : largest;
    }
    for (int32_t i = 0; i < depth; ++i) {
        powers[i] = beta * (bw_load(input + i) - largest);
    }
    bw_exp_row_real(powers, depth, 0.0f);
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) {
        sum += powers[i];
    }
    const float inverse = 1.0f / sum;
    for (int32_t i = 0; i < depth; ++i) {
        bw_store(output + i, powers[i] * inverse);
    }
}

#endif /* BW_SOFTMAX_REAL_H */
