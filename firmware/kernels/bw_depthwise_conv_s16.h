/* Depthwise convolution, 16x8; everything as bw_conv_s16.h states. */
#ifndef BW_DEPTHWISE_CONV_S16_H
#define BW_DEPTHWISE_CONV_S16_H

#include "bw_conv_s16.h"

typedef bw_conv_s16_params bw_depthwise_conv_s16_params;

void bw_depthwise_conv_s16(const bw_depthwise_conv_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_DEPTHWISE_CONV_S16_H */
