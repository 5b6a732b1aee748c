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
        const bw_capsule_squash by = bw_capsule_squash_of(squares, p->half, p->one, &p->step);
        for (int32_t d = 0; d < dim; ++d) {
            const int32_t value = bw_capsule_squashed(input[d] - zero_point, &by);
            output[d] = (int8_t)bw_clamp(value + p->output_zero_point, INT8_MIN, INT8_MAX);
        }
        input += dim;
        output += dim;
    }
}
