/* Convolution in float16, by the sums of bw_fused_f16.h; weights count as w / 128. Scratch: a window, 2 bytes an
 * element. */
#ifndef BW_CONV_F16_H
#define BW_CONV_F16_H

#include "bw_sliding_real_params.h"

typedef bw_sliding_real_params bw_conv_f16_params;

void bw_conv_f16(const bw_conv_f16_params *p, const uint16_t *input, uint16_t *output, void *scratch);

#endif /* BW_CONV_F16_H */
