/* A product of two matrices in float16, by the sums of bw_fused_f16.h: in eight lanes where the elements of rows of a
 * and of columns of b follow each other, else a lane for each column of the result, or for each row where both are
 * transposed. */
#ifndef BW_MATMUL_F16_H
#define BW_MATMUL_F16_H

#include "bw_batch_matmul_real_params.h"
#include "bw_finish_f16.h"
#include "bw_inner_f16.h"
#include "bw_outer_f16.h"

static inline void bw_matmul_along_f16(const bw_batch_matmul_real_params *p, const uint16_t *a, const uint16_t *b,
                                       uint16_t *output) {
    for (int32_t m = 0; m < p->rows; ++m) {
        for (int32_t n = 0; n < p->columns; n += 32) {
            float sums[32];
            const int32_t count = p->columns - n < 32 ? p->columns - n : 32;
            bw_inner_f16(a + m * p->row_stride, b + n * p->column_stride, p->column_stride, count, p->depth, sums);
            bw_keep_row_f16(sums, count, 1.0f, output);
            output += count;
        }
    }
}

/* Up to 32 elements of the result, `apart` from each other, of rows of one operand times weights of the other. */
static inline void bw_matmul_part_f16(const bw_rows_f16 *rows, int32_t count, uint16_t *output, int32_t apart) {
    float sums[32];
    for (int32_t i = 0; i < bw_sums_f16(count); ++i) {
        sums[i] = 0.0f;
    }
    bw_outer_f16(rows, count, sums);
    if (apart == 1) {
        bw_keep_row_f16(sums, count, 1.0f, output);
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        bw_keep_row_f16(sums + i, 1, 1.0f, output + i * apart);
    }
}

/* Rows of one operand, whose elements follow each other, times weights of the other. */
static inline void bw_matmul_lanes_f16(const bw_batch_matmul_real_params *p, const uint16_t *a, const uint16_t *b,
                                       uint16_t *output) {
    const int32_t over = p->column_stride == 1; /* lanes are columns, not rows */
    const int32_t width = over ? p->columns : p->rows, vectors = over ? p->rows : p->columns;
    const int32_t apart = over ? 1 : p->columns, next = over ? p->columns : 1;
    const int32_t between = over ? p->row_stride : p->column_stride;
    bw_rows_f16 rows = {over ? a : b,
                        over ? b : a,
                        0,
                        over ? p->depth_stride_1 : p->depth_stride_2,
                        over ? p->depth_stride_2 : p->depth_stride_1,
                        p->depth,
                        0};
    for (int32_t i = 0; i < vectors; ++i) {
        for (int32_t at = 0; at < width; at += 32) {
            rows.rows = (over ? b : a) + at;
            bw_matmul_part_f16(&rows, width - at < 32 ? width - at : 32, output + i * next + at * apart, apart);
        }
        rows.weights += between;
    }
}

static inline void bw_matmul_f16(const bw_batch_matmul_real_params *p, const uint16_t *a, const uint16_t *b,
                                 uint16_t *output) {
    if (p->depth_stride_1 == 1 && p->depth_stride_2 == 1) {
        bw_matmul_along_f16(p, a, b, output);
    } else {
        bw_matmul_lanes_f16(p, a, b, output);
    }
}

#endif /* BW_MATMUL_F16_H */
