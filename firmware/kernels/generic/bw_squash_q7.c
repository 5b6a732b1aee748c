/* Portable squash of int8 in power-of-two formats. */
#include "bw_squash_q7.h"

void bw_squash_q7(const bw_squash_q7_params *p, const int8_t *input, int8_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        int32_t power = 0, numerator, denominator;
        for (int32_t d = 0; d < p->dim; ++d) {
            power += input[d] * input[d];
        }
        bw_capsule_squash_q7(power, p->formats, &numerator, &denominator);
        for (int32_t d = 0; d < p->dim; ++d) {
            output[d] = (int8_t)bw_capsule_sat8(input[d] * numerator / denominator);
        }
        input += p->dim;
        output += p->dim;
    }
}
