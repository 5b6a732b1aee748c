/* Layer norm or RMS norm of rows in float32. */
#ifndef BW_NORMALIZE_F32_H
#define BW_NORMALIZE_F32_H

#include "bw_normalize_real_params.h"

typedef bw_normalize_real_params bw_normalize_f32_params;

void bw_normalize_f32(const bw_normalize_f32_params *p, const float *input, float *output);

#endif /* BW_NORMALIZE_F32_H */
