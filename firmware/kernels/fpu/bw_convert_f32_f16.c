/* float32 to float16. */
#include "bw_convert_f32_f16.h"

#include "bw_real.h"

void bw_convert_f32_f16(const bw_convert_f32_f16_params *p, const float *input, uint16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        output[i] = bw_half(bw_clamp(input[i], -65504.0f, 65504.0f));
    }
}
