/* Batched matrix products of int16: bw_batch_matmul_rows.h.
 *
 * Scratch: 2 bytes per element of a query.
 * Cost: batches * queries * keys * depth MACs by bw_inner_s16, and a requantization per output.
 */
#ifndef BW_BATCH_MATMUL_ROWS_S16_H
#define BW_BATCH_MATMUL_ROWS_S16_H

#include "bw_batch_matmul_rows.h"

typedef bw_batch_matmul_rows_params bw_batch_matmul_rows_s16_params;

void bw_batch_matmul_rows_s16(const bw_batch_matmul_rows_s16_params *p, const int16_t *query, const int16_t *key,
                              int16_t *output, void *scratch);

#endif /* BW_BATCH_MATMUL_ROWS_S16_H */
