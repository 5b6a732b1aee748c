/* Depthwise convolution row by row through bw_depthwise_columns_s8_rvv.h, which states layouts, ranges, overlap and
 * cost.
 */
#ifndef BW_DEPTHWISE_CONV_S8_RVV_H
#define BW_DEPTHWISE_CONV_S8_RVV_H

#include "bw_depthwise_columns_s8_rvv.h"

void bw_depthwise_conv_s8_rvv(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_DEPTHWISE_CONV_S8_RVV_H */
