/* Product of two int8 matrices per batch: output[m][n] = sum over k of (a[m][k] - za) * (b[k][n] - zb), requantization
 * DOUBLE.
 *
 * Both operands are walked by strides in elements, so transposes and broadcast batches (stride 0) cost nothing.
 * Ranges: the sum fits int32. The output may not overlap an operand. Cost: batches * rows * columns * depth MACs.
 */
#ifndef BW_BATCH_MATMUL_S8_H
#define BW_BATCH_MATMUL_S8_H

#include <stdint.h>

typedef struct {
    int32_t batches[3], batch_stride_1[3], batch_stride_2[3];
    int32_t rows, columns, depth;
    int32_t row_stride, depth_stride_1;
    int32_t column_stride, depth_stride_2;
    int32_t zero_point_1, zero_point_2;
    int32_t multiplier, shift;
    int32_t output_zero_point;
} bw_batch_matmul_s8_params;

void bw_batch_matmul_s8(const bw_batch_matmul_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                        int8_t *output);

#endif /* BW_BATCH_MATMUL_S8_H */
