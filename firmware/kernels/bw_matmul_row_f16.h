/* One row of a product of two matrices in float16, by the sums of bw_fused_f16.h: in eight lanes where elements of b's
 * columns follow each other, else a lane for each column. */
#ifndef BW_MATMUL_ROW_F16_H
#define BW_MATMUL_ROW_F16_H

#include "bw_batch_matmul_real_params.h"
#include "bw_inner_f16.h"
#include "bw_outer_f16.h"

/* Columns of b whose elements follow each other, four at a time; a is copied where its own do not. */
static inline void bw_matmul_along_f16(const bw_batch_matmul_real_params *p, const uint16_t *a, const uint16_t *b,
                                       float *sums, int32_t count) {
    if (p->depth_stride_1 == 1) {
        bw_inner_f16(a, b, p->column_stride, count, p->depth, sums);
        return;
    }
    for (int32_t at = 0; at < p->depth; at += BW_BLOCK_F16) {
        uint16_t row[BW_BLOCK_F16];
        float block[4];
        const int32_t part = bw_block_f16(at, p->depth);
        for (int32_t k = 0; k < part; ++k) {
            row[k] = a[(at + k) * p->depth_stride_1];
        }
        bw_inner_f16(row, b + at, p->column_stride, count, part, block);
        for (int32_t i = 0; i < count; ++i) {
            sums[i] = at ? sums[i] + block[i] : block[i];
        }
    }
}

static inline void bw_matmul_row_f16(const bw_batch_matmul_real_params *p, const uint16_t *a, const uint16_t *b,
                                     uint16_t *output) {
    const int32_t along = p->depth_stride_2 == 1, most = along ? 4 : 32;
    for (int32_t n = 0; n < p->columns; n += most) {
        float sums[32];
        const int32_t count = p->columns - n < most ? p->columns - n : most;
        if (along) {
            bw_matmul_along_f16(p, a, b + n * p->column_stride, sums, count);
        } else {
            const bw_rows_f16 rows = {a, b + n, 0, p->depth_stride_1, p->depth_stride_2, p->depth, 0};
            for (int32_t i = 0; i < bw_sums_f16(count); ++i) {
                sums[i] = 0.0f;
            }
            bw_outer_f16(&rows, count, sums);
        }
        for (int32_t i = 0; i < count; ++i) {
            bw_keep(output + n + i, sums[i]);
        }
    }
}

#endif /* BW_MATMUL_ROW_F16_H */
