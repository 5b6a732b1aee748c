/* float16 to int16. */
#include "bw_quantize_f16_s16.h"

#define BW_HALF
#include "bw_real.h"

void bw_quantize_f16_s16(const bw_quantize_f16_s16_params *p, const uint16_t *input, int16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        const float steps = bw_clamp(bw_load(input + i) * p->inverse, p->low, p->high);
        output[i] = (int16_t)(p->zero_point + bw_whole(steps));
    }
}
