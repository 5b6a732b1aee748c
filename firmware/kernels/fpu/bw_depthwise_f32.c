/* Depthwise convolution in float32. */
#include "bw_depthwise_f32.h"

#include "bw_sliding_real.h"

void bw_depthwise_f32(const bw_depthwise_f32_params *p, const float *input, float *output) {
    bw_depthwise_real(p, input, output);
}
