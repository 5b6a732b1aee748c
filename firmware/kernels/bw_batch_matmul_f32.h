/* Products of two matrices per batch in float32. */
#ifndef BW_BATCH_MATMUL_F32_H
#define BW_BATCH_MATMUL_F32_H

#include "bw_batch_matmul_real_params.h"

typedef bw_batch_matmul_real_params bw_batch_matmul_f32_params;

void bw_batch_matmul_f32(const bw_batch_matmul_f32_params *p, const float *input_1, const float *input_2,
                         float *output);

#endif /* BW_BATCH_MATMUL_F32_H */
