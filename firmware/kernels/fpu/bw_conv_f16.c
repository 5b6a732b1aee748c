/* Convolution in float16. */
#include "bw_conv_f16.h"

#define BW_HALF
#include "bw_sliding_real.h"

void bw_conv_f16(const bw_conv_f16_params *p, const uint16_t *input, uint16_t *output, void *scratch) {
    bw_conv_real(p, input, output, (bw_real *)scratch);
}
