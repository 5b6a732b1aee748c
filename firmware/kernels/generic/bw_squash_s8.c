/* Portable squash of int8. */
#include "bw_squash_s8.h"

void bw_squash_s8(const bw_squash_s8_params *p, const int8_t *input, int8_t *output) {
    const int32_t dim = p->dim, zero_point = p->input_zero_point;
    for (int32_t r = 0; r < p->rows; ++r) {
        uint32_t squares = 0;
        for (int32_t d = 0; d < dim; ++d) {
            const int32_t value = input[d] - zero_point;
            squares += (uint32_t)(value * value);
        }
        int32_t right;
        const uint64_t power = bw_capsule_power(squares, p->half);
        const int32_t factor = bw_capsule_factor(power, p->one[0], p->half, p->step, &right);
        for (int32_t d = 0; d < dim; ++d) {
            const int32_t value = bw_capsule_squashed(input[d] - zero_point, factor, right);
            output[d] = (int8_t)bw_clamp(value + p->output_zero_point, INT8_MIN, INT8_MAX);
        }
        input += dim;
        output += dim;
    }
}
