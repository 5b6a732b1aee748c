/* Portable gates of recurrent layers. */
#include "bw_gate_sums_s16.h"

#include "bw_fixedpoint.h"

void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates) {
    const int32_t *first = input->multiplier + row, *second = state->multiplier + row, *sum = sums[0];
    const int32_t left[2] = {input->left, state->left}, right[2] = {input->right, state->right};
    for (const int16_t *const end = gates + count; gates < end; ++sum) {
        const int32_t x = bw_requantize_high(sum[0], *first++, left[0], right[0]);
        const int32_t h = bw_requantize_high(sum[BW_GATE_BLOCK], *second++, left[1], right[1]);
        *gates++ = (int16_t)bw_clamp(x + h, INT16_MIN, INT16_MAX);
    }
}
