/* Products of int16, VLEN / 4 elements at a time: some 16 instructions. */
#include "bw_elementwise_product_s16.h"

#include "bw_words_rvv.h"

static void run(const bw_elementwise_product_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
#ifdef __riscv_vector
    const bw_elementwise_product_s16_params own = *p;
    for (int32_t left = own.loops.run; left > 0;) {
        const size_t n = bw_lanes(left);
        bw_words product = __riscv_vwmul_vv_i32m8(__riscv_vle16_v_i16m4(x, n), __riscv_vle16_v_i16m4(y, n), n);
        product = bw_requantize_words(product, own.multiplier, own.right, n);
        __riscv_vse16_v_i16m4(output, bw_clamped_halfwords(product, own.low, own.high, n), n);
        x += n, y += n, output += n, left -= (int32_t)n;
    }
#else
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t value = bw_requantize_double(x[i] * y[i], p->multiplier, -p->right);
        output[i] = (int16_t)bw_clamp(value, p->low, p->high);
    }
#endif
}

BW_DEFINE_RUNS(bw_elementwise_product_s16, int16_t, run)
