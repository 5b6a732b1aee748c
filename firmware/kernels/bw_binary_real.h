/* Operations on two numbers in float. */
#ifndef BW_BINARY_REAL_H
#define BW_BINARY_REAL_H

#include "bw_real.h"

enum { BW_REAL_ADD, BW_REAL_SUB, BW_REAL_MUL, BW_REAL_MAXIMUM, BW_REAL_MINIMUM };

static inline float bw_binary_real(int32_t operation, float a, float b) {
    switch (operation) {
    case BW_REAL_SUB:
        return a - b;
    case BW_REAL_MUL:
        return a * b;
    case BW_REAL_MAXIMUM:
        return a > b ? a : b;
    case BW_REAL_MINIMUM:
        return a < b ? a : b;
    default:
        return a + b;
    }
}

/* All rows of the last of six dimensions. */
static inline void bw_binary_rows_real(int32_t operation, const int32_t shape[6], const int32_t stride_1[6],
                                       const int32_t stride_2[6], float low, float high, const bw_real *input_1,
                                       const bw_real *input_2, bw_real *output) {
    int32_t at[5] = {0, 0, 0, 0, 0};
    for (int32_t dimension = 0; dimension >= 0;) {
        for (int32_t i = 0; i < shape[5]; ++i) {
            const float a = bw_load(input_1 + i * stride_1[5]), b = bw_load(input_2 + i * stride_2[5]);
            bw_store(output + i, bw_clamp(bw_binary_real(operation, a, b), low, high));
        }
        output += shape[5];
        for (dimension = 4; dimension >= 0; --dimension) {
            input_1 += stride_1[dimension];
            input_2 += stride_2[dimension];
            if (++at[dimension] < shape[dimension]) {
                break;
            }
            input_1 -= stride_1[dimension] * shape[dimension];
            input_2 -= stride_2[dimension] * shape[dimension];
            at[dimension] = 0;
        }
    }
}

#endif /* BW_BINARY_REAL_H */
