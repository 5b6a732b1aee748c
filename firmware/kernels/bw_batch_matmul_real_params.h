/* Products of two matrices per batch in float: output[m][n] = sum over k, in its order, of a[m][k] * b[k][n].
 *
 * Both operands are walked by strides in elements, so transposes and broadcast batches (stride 0) cost nothing. The
 * output may not overlap an operand. No scratch. Cost: batches * rows * columns * depth products.
 */
#ifndef BW_BATCH_MATMUL_REAL_PARAMS_H
#define BW_BATCH_MATMUL_REAL_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t batches[3], batch_stride_1[3], batch_stride_2[3];
    int32_t rows, columns, depth;
    int32_t row_stride, depth_stride_1;
    int32_t column_stride, depth_stride_2;
} bw_batch_matmul_real_params;

#endif /* BW_BATCH_MATMUL_REAL_PARAMS_H */
