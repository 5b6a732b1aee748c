/* float16 to float32. */
#include "bw_convert_f16_f32.h"

#include "bw_real.h"

void bw_convert_f16_f32(const bw_convert_f16_f32_params *p, const uint16_t *input, float *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        output[i] = bw_of_half(input[i]);
    }
}
