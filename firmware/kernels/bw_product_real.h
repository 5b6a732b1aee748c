/* Rows of int8 weights times a vector in float, each with a scale and a bias of its own. */
#ifndef BW_PRODUCT_REAL_H
#define BW_PRODUCT_REAL_H

#include "bw_dot_real.h"

static inline void bw_product_real(int32_t rows, int32_t depth, const int8_t *weights, const float *scale,
                                   const float *bias, const bw_real *x, float *results) {
    int32_t row = 0;
    for (; row + 4 <= rows; row += 4) {
        bw_dot4_real(weights + row * depth, x, depth, results + row);
    }
    for (; row < rows; ++row) {
        results[row] = bw_dot_real(weights + row * depth, x, depth);
    }
    for (row = 0; row < rows; ++row) {
        results[row] = results[row] * scale[row] + bias[row];
    }
}

#endif /* BW_PRODUCT_REAL_H */
