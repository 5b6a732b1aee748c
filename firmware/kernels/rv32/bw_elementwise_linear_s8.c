#include "bw_elementwise_linear_s8.h"

#include "bw_fixedpoint.h"

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output) {
    const bw_elementwise_linear_s8_params own = *p; /* in registers while outputs are written */
    for (const int8_t *end = output + own.size; output != end;) {
        const int32_t sum = own.offset + *input_1++ * own.multiplier_1 + *input_2++ * own.multiplier_2;
        *output++ = (int8_t)bw_clamp(sum >> own.right, -128, 127);
    }
}
