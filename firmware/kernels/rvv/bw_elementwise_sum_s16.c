/* Sums of int16, VLEN / 4 elements at a time: some 20 instructions. */
#include "bw_elementwise_sum_s16.h"

#include "bw_words_rvv.h"

static void run(const bw_elementwise_sum_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
#ifdef __riscv_vector
    const bw_elementwise_sum_s16_params own = *p;
    for (int32_t left = own.loops.run; left > 0;) {
        const size_t n = bw_lanes(left);
        bw_words sum = bw_shift_left(bw_widen_halfwords(y, n), 15, n);
        sum = bw_requantize_words(sum, own.multiplier_2, own.right_2, n);
        if (own.weight_2 < 0) {
            sum = __riscv_vneg_v_i32m8(sum, n);
        }
        sum = __riscv_vmacc_vx_i32m8(sum, own.weight_1 / 2, bw_widen_halfwords(x, n), n);
        sum = bw_requantize_words(sum, own.multiplier, own.right, n);
        __riscv_vse16_v_i16m4(output, bw_clamped_halfwords(sum, own.low, own.high, n), n);
        x += n, y += n, output += n, left -= (int32_t)n;
    }
#else
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t second = bw_requantize_double(bw_shl32(y[i], 15), p->multiplier_2, -p->right_2);
        const int32_t sum = x[i] * (p->weight_1 / 2) + second * (p->weight_2 / 2);
        const int32_t value = bw_requantize_double(sum, p->multiplier, -p->right);
        output[i] = (int16_t)bw_clamp(value, p->low, p->high);
    }
#endif
}

BW_DEFINE_RUNS(bw_elementwise_sum_s16, int16_t, run)
