/* Convolution in float32. */
#ifndef BW_CONV_F32_H
#define BW_CONV_F32_H

#include "bw_sliding_real_params.h"

typedef bw_sliding_real_params bw_conv_f32_params;

void bw_conv_f32(const bw_conv_f32_params *p, const float *input, float *output);

#endif /* BW_CONV_F32_H */
