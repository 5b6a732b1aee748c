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
            const int32_t right = 31 + exponent + p->half - p->step.shift;
            if (right <= 62) {
                length = (int32_t)(((int64_t)root * p->step.multiplier + (INT64_C(1) << (right - 1))) >> right);
            }
        }
        output[r] = (int8_t)bw_clamp(length + p->output_zero_point, INT8_MIN, INT8_MAX);
    }
}
