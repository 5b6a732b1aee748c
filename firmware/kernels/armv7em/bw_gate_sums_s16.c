/* Gates of recurrent layers with SMMLA, 15 instructions each. */
#include "bw_gate_sums_s16.h"

#include "bw_dsp.h"

void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates) {
    const int32_t *first = input->multiplier + row, *second = state->multiplier + row, *sum = sums[0];
    const int32_t *const end = sum + count;
    const int32_t left = input->left, right = input->right, half = 1 << (right - 1);
    const int32_t state_left = state->left, state_right = state->right, state_half = 1 << (state_right - 1);
    while (sum < end) {
        const int32_t h = (int32_t)((uint32_t)sum[BW_GATE_BLOCK] << state_left);
        const int32_t x = (int32_t)((uint32_t)*sum++ << left);
        const int32_t of_input = bw_smmla(x, *first++, half) >> right;
        *gates++ = (int16_t)bw_ssat16(of_input + (bw_smmla(h, *second++, state_half) >> state_right));
    }
}
