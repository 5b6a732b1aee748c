/* float32 to int16. */
#include "bw_quantize_f32_s16.h"

#include "bw_real.h"

void bw_quantize_f32_s16(const bw_quantize_f32_s16_params *p, const float *input, int16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        const float steps = bw_clamp(bw_load(input + i) * p->inverse, p->low, p->high);
        output[i] = (int16_t)(p->zero_point + bw_whole(steps));
    }
}
