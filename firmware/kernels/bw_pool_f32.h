/* Average or largest of a window in float32. */
#ifndef BW_POOL_F32_H
#define BW_POOL_F32_H

#include "bw_sliding_real_params.h"

typedef bw_pool_real_params bw_pool_f32_params;

void bw_pool_f32(const bw_pool_f32_params *p, const float *input, float *output);

#endif /* BW_POOL_F32_H */
