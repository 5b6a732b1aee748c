/* Portable lengths of int8 vectors in power-of-two formats. */
#include "bw_capsule_length_q7.h"

void bw_capsule_length_q7(const bw_capsule_length_q7_params *p, const int8_t *input, int8_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        int32_t power = 0;
        for (int32_t d = 0; d < p->dim; ++d) {
            power += input[d] * input[d];
        }
        input += p->dim;
        output[r] = (int8_t)bw_capsule_sat8(bw_capsule_isqrt(power));
    }
}
