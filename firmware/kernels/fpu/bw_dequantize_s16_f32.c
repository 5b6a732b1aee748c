/* int16 to float32. */
#include "bw_dequantize_s16_f32.h"

#include "bw_real.h"

void bw_dequantize_s16_f32(const bw_dequantize_s16_f32_params *p, const int16_t *input, float *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        bw_keep(output + i, (float)(input[i] - p->zero_point) * p->scale);
    }
}
