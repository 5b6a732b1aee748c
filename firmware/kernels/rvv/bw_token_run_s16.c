/* Passes over rows that get a scale of their own with vectors: 8 instructions for VLEN / 2 magnitudes, 11 for VLEN / 4
 * values. */
#include "bw_token_run_s16.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest) {
    vint16m1_t high = __riscv_vmv_s_x_i16m1(0, 1), low = high;
    while (count > 0) {
        const size_t n = __riscv_vsetvl_e16m8((size_t)count);
        const vint16m8_t values = __riscv_vle16_v_i16m8(x, n);
        high = __riscv_vredmax_vs_i16m8_i16m1(values, high, n);
        low = __riscv_vredmin_vs_i16m8_i16m1(values, low, n);
        x += n, count -= (int32_t)n;
    }
    const int32_t top = __riscv_vmv_x_s_i16m1_i16(high), bottom = -__riscv_vmv_x_s_i16m1_i16(low);
    const int32_t reach = top > bottom ? top : bottom;
    return reach > largest ? reach : largest;
}

void bw_token_values(const int16_t *x, int32_t count, int32_t reciprocal, int8_t *q) {
    while (count > 0) {
        const size_t n = __riscv_vsetvl_e32m8((size_t)count);
        const vint32m8_t wide = __riscv_vsext_vf2_i32m8(__riscv_vle16_v_i16m4(x, n), n);
        const vint32m8_t scaled = __riscv_vmul_vx_i32m8(wide, reciprocal, n);
        const vint32m8_t values = __riscv_vssra_vx_i32m8(scaled, 23, __RISCV_VXRM_RNU, n);
        __riscv_vse8_v_i8m2(q, __riscv_vncvt_x_x_w_i8m2(__riscv_vncvt_x_x_w_i16m4(values, n), n), n);
        x += n, q += n, count -= (int32_t)n;
    }
}

#else

int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t magnitude = x[i] < 0 ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

void bw_token_values(const int16_t *x, int32_t count, int32_t reciprocal, int8_t *q) {
    for (int32_t i = 0; i < count; ++i) {
        q[i] = (int8_t)((x[i] * reciprocal + (INT32_C(1) << 22)) >> 23);
    }
}

#endif
