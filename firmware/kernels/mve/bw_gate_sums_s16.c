/* Gates of recurrent layers, four at a time: 14 instructions. */
#include "bw_gate_sums_s16.h"

#include "bw_fixedpoint.h"

void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates) {
    const int32_t *first = input->multiplier + row, *second = state->multiplier + row;
#ifdef __ARM_FEATURE_MVE
    const int32_t *sum = sums[0];
    __asm__ volatile("wlstp.32  lr, %[count], 2f \n"
                     "1: \n"
                     "vldrw.u32 q2, [%[sum], #64] \n" /* 4 * BW_GATE_BLOCK: of the state */
                     "vldrw.u32 q0, [%[sum]], #16 \n"
                     "vldrw.u32 q1, [%[first]], #16 \n"
                     "vshl.s32  q0, %[left] \n"
                     "vldrw.u32 q3, [%[second]], #16 \n"
                     "vshl.s32  q2, %[state_left] \n"
                     "vmulh.s32 q0, q0, q1 \n"
                     "vmulh.s32 q2, q2, q3 \n"
                     "vrshl.s32 q0, %[right] \n"
                     "vrshl.s32 q2, %[state_right] \n"
                     "vadd.i32  q0, q0, q2 \n"
                     "vqmovnb.s32 q0, q0 \n"
                     "vstrh.32  q0, [%[to]], #8 \n"
                     "letp      lr, 1b \n"
                     "2: \n"
                     : [sum] "+r"(sum), [first] "+r"(first), [second] "+r"(second), [to] "+l"(gates)
                     : [count] "r"(count), [left] "r"(input->left), [right] "r"(-input->right),
                       [state_left] "r"(state->left), [state_right] "r"(-state->right)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        const int32_t x = bw_requantize_high(sums[0][i], first[i], input->left, input->right);
        const int32_t h = bw_requantize_high(sums[1][i], second[i], state->left, state->right);
        gates[i] = (int16_t)bw_clamp(x + h, INT16_MIN, INT16_MAX);
    }
#endif
}
