/* Depthwise convolution in float16, by the sums of bw_outer_f16.h; weights count as w / 128. */
#ifndef BW_DEPTHWISE_F16_H
#define BW_DEPTHWISE_F16_H

#include "bw_sliding_real_params.h"

typedef bw_sliding_real_params bw_depthwise_f16_params;

void bw_depthwise_f16(const bw_depthwise_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_DEPTHWISE_F16_H */
