/* Products of int8, VLEN / 4 elements at a time: some 20 instructions. */
#include "bw_elementwise_product_s8.h"

#include "bw_words_rvv.h"

#ifdef __riscv_vector

/* Bytes less their zero point, as halfwords. */
static inline bw_halfwords centred(const int8_t *from, int32_t offset, size_t n) {
    return __riscv_vadd_vx_i16m4(bw_load_bytes(from, n), (int16_t)offset, n);
}

static void run(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *output) {
    const bw_elementwise_product_s8_params own = *p;
    const int16_t factor = (int16_t)(*y + own.offset_2); /* in front of the loop: the output may lie there */
    for (int32_t left = own.loops.run; left > 0;) {
        const size_t n = bw_lanes(left);
        const bw_halfwords first = centred(x, own.offset_1, n);
        bw_words product = own.loops.step_2 == 0 ? __riscv_vwmul_vx_i32m8(first, factor, n)
                                                 : __riscv_vwmul_vv_i32m8(first, centred(y, own.offset_2, n), n);
        product = bw_requantize_words(product, own.multiplier, own.right, n);
        bw_store_bytes(output, bw_narrow(product, own.zero_point, own.low, own.high, n), n);
        x += n, output += n, left -= (int32_t)n;
        y += own.loops.step_2 == 0 ? 0 : n;
    }
}

#else

static void run(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *output) {
    const int32_t factor = *y + p->offset_2;
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t product = (x[i] + p->offset_1) * (p->loops.step_2 == 0 ? factor : y[i] + p->offset_2);
        const int32_t value = bw_requantize_double(product, p->multiplier, -p->right);
        output[i] = (int8_t)bw_clamp(value + p->zero_point, p->low, p->high);
    }
}

#endif

BW_DEFINE_RUNS(bw_elementwise_product_s8, int8_t, run)
