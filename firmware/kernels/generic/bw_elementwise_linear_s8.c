#include "bw_elementwise_linear_s8.h"

#include "bw_dsp.h"

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output) {
    const int32_t m1 = p->multiplier_1, m2 = p->multiplier_2, offset = p->offset, right = p->right;
    const int8_t *end = output + p->size, *unrolled = output + (p->size & ~3);
    while (output != unrolled) {
        *output++ = (int8_t)bw_ssat8((offset + *input_1++ * m1 + *input_2++ * m2) >> right);
        *output++ = (int8_t)bw_ssat8((offset + *input_1++ * m1 + *input_2++ * m2) >> right);
        *output++ = (int8_t)bw_ssat8((offset + *input_1++ * m1 + *input_2++ * m2) >> right);
        *output++ = (int8_t)bw_ssat8((offset + *input_1++ * m1 + *input_2++ * m2) >> right);
    }
    while (output != end) {
        *output++ = (int8_t)bw_ssat8((offset + *input_1++ * m1 + *input_2++ * m2) >> right);
    }
}
