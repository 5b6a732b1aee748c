/* Portable batched matrix product. */
#include "bw_batch_matmul_s8.h"

#include "bw_fixedpoint.h"

static int8_t *multiply(const bw_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output) {
    for (int32_t m = 0; m < p->rows; ++m) {
        for (int32_t n = 0; n < p->columns; ++n) {
            const int8_t *x = a + m * p->row_stride, *y = b + n * p->column_stride;
            int32_t acc = 0;
            for (int32_t k = 0; k < p->depth; ++k) {
                acc += (*x - p->zero_point_1) * (*y - p->zero_point_2);
                x += p->depth_stride_1;
                y += p->depth_stride_2;
            }
            const int32_t value = bw_requantize_double(acc, p->multiplier, p->shift) + p->output_zero_point;
            *output++ = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
    return output;
}

void bw_batch_matmul_s8(const bw_batch_matmul_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                        int8_t *output) {
    for (int32_t i = 0; i < p->batches[0]; ++i) {
        for (int32_t j = 0; j < p->batches[1]; ++j) {
            for (int32_t k = 0; k < p->batches[2]; ++k) {
                const int8_t *a =
                    input_1 + i * p->batch_stride_1[0] + j * p->batch_stride_1[1] + k * p->batch_stride_1[2];
                const int8_t *b =
                    input_2 + i * p->batch_stride_2[0] + j * p->batch_stride_2[1] + k * p->batch_stride_2[2];
                output = multiply(p, a, b, output);
            }
        }
    }
}
