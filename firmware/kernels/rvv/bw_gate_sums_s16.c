/* Gates of recurrent layers, a vector at a time: 17 instructions. */
#include "bw_gate_sums_s16.h"

#include "bw_fixedpoint.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

/* bw_requantize_high of n sums. */
static inline vint32m4_t requantize(const bw_gate_scale *scale, const int32_t *sums, int32_t row, size_t n) {
    const vint32m4_t left = __riscv_vsll_vx_i32m4(__riscv_vle32_v_i32m4(sums, n), (size_t)scale->left, n);
    const vint32m4_t high = __riscv_vmulh_vv_i32m4(left, __riscv_vle32_v_i32m4(scale->multiplier + row, n), n);
    return __riscv_vssra_vx_i32m4(high, (size_t)scale->right, __RISCV_VXRM_RNU, n);
}

void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates) {
    for (int32_t i = 0; i < count;) {
        const size_t n = __riscv_vsetvl_e32m4((size_t)(count - i));
        const vint32m4_t x = requantize(input, sums[0] + i, row + i, n);
        const vint32m4_t sum = __riscv_vadd_vv_i32m4(x, requantize(state, sums[1] + i, row + i, n), n);
        __riscv_vse16_v_i16m2(gates + i, __riscv_vnclip_wx_i16m2(sum, 0, __RISCV_VXRM_RNU, n), n);
        i += (int32_t)n;
    }
}

#else

void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t x = bw_requantize_high(sums[0][i], input->multiplier[row + i], input->left, input->right);
        const int32_t h = bw_requantize_high(sums[1][i], state->multiplier[row + i], state->left, state->right);
        gates[i] = (int16_t)bw_clamp(x + h, INT16_MIN, INT16_MAX);
    }
}

#endif
