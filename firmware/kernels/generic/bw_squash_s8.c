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
        const int32_t factor = bw_capsule_factor(squares, p->half, p->one, &p->step, &right);
        /* bw_capsule_squashed by the high word of a product. With a right shift below 11 all but zeros are clamped,
         * and so they are with 11. */
        const int32_t left = right > 32 ? 0 : right > 10 ? 33 - right : 22, down = right > 33 ? right - 32 : 1;
        for (int32_t d = 0; d < dim; ++d) {
            const int32_t value = bw_requantize_high(input[d] - zero_point, factor, left, down);
            output[d] = (int8_t)bw_clamp(value + p->output_zero_point, INT8_MIN, INT8_MAX);
        }
        input += dim;
        output += dim;
    }
}
