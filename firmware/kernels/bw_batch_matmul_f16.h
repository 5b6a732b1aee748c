/* Products of two matrices per batch in float16. */
#ifndef BW_BATCH_MATMUL_F16_H
#define BW_BATCH_MATMUL_F16_H

#include "bw_batch_matmul_real_params.h"

typedef bw_batch_matmul_real_params bw_batch_matmul_f16_params;

void bw_batch_matmul_f16(const bw_batch_matmul_f16_params *p, const uint16_t *input_1, const uint16_t *input_2,
                         uint16_t *output);

#endif /* BW_BATCH_MATMUL_F16_H */
