/* Depthwise convolution in float32. */
#ifndef BW_DEPTHWISE_F32_H
#define BW_DEPTHWISE_F32_H

#include "bw_sliding_real_params.h"

typedef bw_sliding_real_params bw_depthwise_f32_params;

void bw_depthwise_f32(const bw_depthwise_f32_params *p, const float *input, float *output);

#endif /* BW_DEPTHWISE_F32_H */
