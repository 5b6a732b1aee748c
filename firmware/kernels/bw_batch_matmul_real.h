/* Products of two matrices per batch in float; bw_batch_matmul_real_params.h states layout and cost. */
#ifndef BW_BATCH_MATMUL_REAL_H
#define BW_BATCH_MATMUL_REAL_H

#include "bw_batch_matmul_real_params.h"
#include "bw_real.h"

#ifdef BW_HALF
#include "bw_matmul_f16.h"

static inline void bw_matmul_real(const bw_batch_matmul_real_params *p, const bw_real *a, const bw_real *b,
                                  bw_real *output) {
    bw_matmul_f16(p, a, b, output);
}

#else

/* One row of the result, four sums side by side. */
static inline void bw_matmul_row_real(const bw_batch_matmul_real_params *p, const bw_real *a, const bw_real *b,
                                      bw_real *output) {
    const int32_t across = p->column_stride;
    int32_t n = 0;
    for (; n + 4 <= p->columns; n += 4) {
        float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
        for (int32_t k = 0; k < p->depth; ++k) {
            const float x = bw_load(a + k * p->depth_stride_1);
            const bw_real *const y = b + k * p->depth_stride_2 + n * across;
            s0 += x * bw_load(y);
            s1 += x * bw_load(y + across);
            s2 += x * bw_load(y + 2 * across);
            s3 += x * bw_load(y + 3 * across);
        }
        bw_keep(output + n, s0);
        bw_keep(output + n + 1, s1);
        bw_keep(output + n + 2, s2);
        bw_keep(output + n + 3, s3);
    }
    for (; n < p->columns; ++n) {
        float sum = 0.0f;
        for (int32_t k = 0; k < p->depth; ++k) {
            sum += bw_load(a + k * p->depth_stride_1) * bw_load(b + k * p->depth_stride_2 + n * across);
        }
        bw_keep(output + n, sum);
    }
}

static inline void bw_matmul_real(const bw_batch_matmul_real_params *p, const bw_real *a, const bw_real *b,
                                  bw_real *output) {
    for (int32_t m = 0; m < p->rows; ++m) {
        bw_matmul_row_real(p, a + m * p->row_stride, b, output + m * p->columns);
    }
}

#endif

static inline void bw_batch_matmul_real(const bw_batch_matmul_real_params *p, const bw_real *input_1,
                                        const bw_real *input_2, bw_real *output) {
    for (int32_t i = 0; i < p->batches[0]; ++i) {
        for (int32_t j = 0; j < p->batches[1]; ++j) {
            for (int32_t k = 0; k < p->batches[2]; ++k) {
                const int32_t *const one = p->batch_stride_1, *const two = p->batch_stride_2;
                const bw_real *const a = input_1 + i * one[0] + j * one[1] + k * one[2];
                const bw_real *const b = input_2 + i * two[0] + j * two[1] + k * two[2];
                bw_matmul_real(p, a, b, output);
                output += p->rows * p->columns;
            }
        }
    }
}

#endif /* BW_BATCH_MATMUL_REAL_H */
