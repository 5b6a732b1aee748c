/* Portable lengths of int8 vectors. */
#include "bw_capsule_length_s8.h"

void bw_capsule_length_s8(const bw_capsule_length_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        uint32_t squares = 0;
        for (int32_t d = 0; d < p->dim; ++d) {
            const int32_t value = *input++ - p->input_zero_point;
            squares += (uint32_t)(value * value);
        }
        int32_t length = 0;
        if (squares != 0) {
            int32_t exponent;
            const uint32_t root = bw_capsule_root(squares, p->half, &exponent);
            /* Of the high word; with less of a shift than 1 lengths are beyond the clamp, and so they are with 1. */
            const int32_t right = exponent + p->half - p->step.shift - 1;
            if (right <= 30) {
                length = bw_requantize_high((int32_t)root, p->step.multiplier, 0, right < 1 ? 1 : right);
            }
        }
        output[r] = (int8_t)bw_clamp(length + p->output_zero_point, INT8_MIN, INT8_MAX);
    }
}
