/* Mean over axes in float32. */
#ifndef BW_MEAN_F32_H
#define BW_MEAN_F32_H

#include "bw_sliding_real_params.h"

typedef bw_mean_real_params bw_mean_f32_params;

void bw_mean_f32(const bw_mean_f32_params *p, const float *input, float *output);

#endif /* BW_MEAN_F32_H */
