/* int8 to float16. */
#include "bw_dequantize_s8_f16.h"

#define BW_HALF
#include "bw_real.h"

void bw_dequantize_s8_f16(const bw_dequantize_s8_f16_params *p, const int8_t *input, uint16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        bw_keep(output + i, (float)(input[i] - p->zero_point) * p->scale);
    }
}
