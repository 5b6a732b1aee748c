/* Batched matrix products of int8: bw_batch_matmul_rows.h.
 *
 * Scratch: 4 bytes and 1 byte per key, and 1 byte per element of a query.
 * Cost: batches * queries * keys * depth MACs by bw_attend_scores_s8, and a requantization per output.
 */
#ifndef BW_BATCH_MATMUL_ROWS_S8_H
#define BW_BATCH_MATMUL_ROWS_S8_H

#include "bw_batch_matmul_rows.h"

typedef bw_batch_matmul_rows_params bw_batch_matmul_rows_s8_params;

void bw_batch_matmul_rows_s8(const bw_batch_matmul_rows_s8_params *p, const int8_t *query, const int8_t *key,
                             int8_t *output, void *scratch);

#endif /* BW_BATCH_MATMUL_ROWS_S8_H */
