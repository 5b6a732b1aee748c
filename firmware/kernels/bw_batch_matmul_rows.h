/* Batched matrix products of int8 or int16 as products of rows with rows.
 *
 * One operand's rows are "keys": contiguous along the common dimension (key_step 1), but for int16 where both operands
 * are transposed against that. The other's, "queries", may be walked by any stride: a query that is not contiguous is
 * copied first, once for all keys. Which operand is which is the lowering's
 * choice, so that transposes cost next to nothing. Strides in elements, 0 along a batch dimension that is broadcast.
 * Ranges: sums fit int32, shifted as the requantization DOUBLE shifts them (int8), or 48 bits under WIDE (int16; no
 * zero points). The output may not overlap an operand.
 */
#ifndef BW_BATCH_MATMUL_ROWS_H
#define BW_BATCH_MATMUL_ROWS_H

#include <stdint.h>

typedef struct {
    int32_t batches[3], query_batch[3], key_batch[3];
    int32_t queries, keys, depth;
    int32_t query_stride, query_step; /* from one query, and from one of its elements, to the next */
    int32_t key_stride, key_step;
    int32_t output_query, output_key; /* from an output to that of the next query, and key */
    int32_t query_zero_point, key_zero_point;
    int32_t multiplier, shift; /* the multiplier of 16 bits under WIDE */
    int32_t output_zero_point;
} bw_batch_matmul_rows_params;

/* Elements from the start of an operand to its matrix of batch (i, j, k). */
static inline int32_t bw_batch_matmul_at(const int32_t strides[3], int32_t i, int32_t j, int32_t k) {
    return i * strides[0] + j * strides[1] + k * strides[2];
}

#endif /* BW_BATCH_MATMUL_ROWS_H */
