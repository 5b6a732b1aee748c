/* Convolution in float32. */
#include "bw_conv_f32.h"

#include "bw_sliding_real.h"

void bw_conv_f32(const bw_conv_f32_params *p, const float *input, float *output) { bw_conv_real(p, input, output); }
