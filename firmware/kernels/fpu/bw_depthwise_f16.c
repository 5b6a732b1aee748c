/* Depthwise convolution in float16. */
#include "bw_depthwise_f16.h"

#define BW_HALF
#include "bw_sliding_real.h"

void bw_depthwise_f16(const bw_depthwise_f16_params *p, const uint16_t *input, uint16_t *output) {
    bw_depthwise_real(p, input, output);
}
