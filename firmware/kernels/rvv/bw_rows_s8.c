/* Products of rows and a column of int16 with vectors, two rows at a time: 15 instructions for VLEN / 4 taps of both,
 * and 20 for two sums.
 */
#include "bw_rows_s8.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

/* A run of weights as halfwords. */
static inline vint16m4_t load(const int8_t *weights, size_t n) {
    return __riscv_vsext_vf2_i16m4(__riscv_vle8_v_i8m2(weights, n), n);
}

/* The bias and all lanes. */
static inline int32_t total(vint32m8_t sums, int32_t bias, size_t lanes) {
    const vint32m1_t first = __riscv_vmv_s_x_i32m1(bias, 1);
    return __riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m8_i32m1(sums, first, lanes));
}

/* A function of its own: inlined, its zeros would stay in registers that it needs. */
__attribute__((noinline)) static void two_rows(const int8_t *weights, const int16_t *x, int32_t depth,
                                               const int32_t *bias, int32_t *sums) {
    const size_t lanes = __riscv_vsetvlmax_e32m8();
    const int8_t *second = weights + depth;
    vint32m8_t a = __riscv_vmv_v_x_i32m8(0, lanes), b = a;
    while (depth > 0) {
        const size_t n = __riscv_vsetvl_e16m4((size_t)depth);
        const vint16m4_t values = __riscv_vle16_v_i16m4(x, n);
        a = __riscv_vwmacc_vv_i32m8_tu(a, load(weights, n), values, n);
        b = __riscv_vwmacc_vv_i32m8_tu(b, load(second, n), values, n);
        x += n, weights += n, second += n, depth -= (int32_t)n;
    }
    sums[0] = total(a, bias[0], lanes);
    sums[1] = total(b, bias[1], lanes);
}

static int32_t one_row(const int8_t *weights, const int16_t *x, int32_t depth, int32_t bias) {
    const size_t lanes = __riscv_vsetvlmax_e32m8();
    vint32m8_t a = __riscv_vmv_v_x_i32m8(0, lanes);
    while (depth > 0) {
        const size_t n = __riscv_vsetvl_e16m4((size_t)depth);
        a = __riscv_vwmacc_vv_i32m8_tu(a, load(weights, n), __riscv_vle16_v_i16m4(x, n), n);
        x += n, weights += n, depth -= (int32_t)n;
    }
    return total(a, bias, lanes);
}

#else

static int32_t one_row(const int8_t *weights, const int16_t *x, int32_t depth, int32_t bias) {
    for (int32_t i = 0; i < depth; ++i) {
        bias += x[i] * weights[i];
    }
    return bias;
}

static void two_rows(const int8_t *weights, const int16_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    sums[0] = one_row(weights, x, depth, bias[0]);
    sums[1] = one_row(weights + depth, x, depth, bias[1]);
}

#endif

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    for (; rows >= 2; rows -= 2, weights += 2 * depth, bias += 2, sums += 2) {
        two_rows(weights, column, depth, bias, sums);
    }
    if (rows > 0) {
        *sums = one_row(weights, column, depth, *bias);
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
