/* int8 to float32. */
#include "bw_dequantize_s8_f32.h"

#include "bw_real.h"

void bw_dequantize_s8_f32(const bw_dequantize_s8_f32_params *p, const int8_t *input, float *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        bw_keep(output + i, (float)(input[i] - p->zero_point) * p->scale);
    }
}
