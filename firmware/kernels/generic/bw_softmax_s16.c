/* Portable int16 softmax. */
#include "bw_softmax_s16.h"

#include "bw_fixedpoint.h"
#include "bw_interpolation.h"

void bw_softmax_s16(const bw_softmax_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t largest = INT16_MIN;
        for (int32_t i = 0; i < p->depth; ++i) {
            largest = input[i] > largest ? input[i] : largest;
        }
        int32_t sum = 0;
        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t scaled = bw_requantize_double(input[i] - largest, p->multiplier, p->shift);
            const int32_t exponential = bw_interpolated(p->exp, bw_clamp(scaled + 32767, INT16_MIN, INT16_MAX));
            output[i] = (int16_t)exponential;
            sum += exponential;
        }
        int32_t headroom = 0;
        while (!(((uint32_t)sum << headroom) & 0x80000000U)) {
            ++headroom;
        }
        const int32_t shifted = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
        const int32_t factor =
            bw_interpolated(p->inverse, bw_clamp(shifted - (1 << 15) - (1 << 16), INT16_MIN, INT16_MAX));
        const int32_t right = 31 - headroom;
        for (int32_t i = 0; i < p->depth; ++i) {
            const int64_t value = ((int64_t)output[i] * factor + (INT64_C(1) << (right - 1))) >> right;
            output[i] = (int16_t)bw_clamp((int32_t)value, 0, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
