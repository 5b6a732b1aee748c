/* float32 to int8. */
#include "bw_quantize_f32_s8.h"

#include "bw_real.h"

void bw_quantize_f32_s8(const bw_quantize_f32_s8_params *p, const float *input, int8_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        const float steps = bw_clamp(bw_load(input + i) * p->inverse, p->low, p->high);
        output[i] = (int8_t)(p->zero_point + bw_whole(steps));
    }
}
