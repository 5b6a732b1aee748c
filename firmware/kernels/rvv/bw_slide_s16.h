/* bw_slide_s16 on RVV: 9 instructions for VLEN / 8 values, and 4 for the sum. */
#ifndef BW_SLIDE_S16_H
#define BW_SLIDE_S16_H

#include <stdint.h>

#ifdef __riscv_vector
#include <riscv_vector.h>
#endif

static inline int32_t bw_slide_s16(const int16_t *weights, int16_t *state, int32_t count, int32_t newest) {
    uint32_t sum = (uint32_t)(weights[count - 1] * newest);
    int32_t left = count - 1;
#ifdef __riscv_vector
    const size_t all = __riscv_vsetvlmax_e16m2();
    vint32m4_t sums = __riscv_vmv_v_x_i32m4(0, all);
    for (size_t n; left > 0; left -= (int32_t)n, state += n, weights += n) {
        n = __riscv_vsetvl_e16m2((size_t)left);
        const vint16m2_t moved = __riscv_vle16_v_i16m2(state + 1, n);
        __riscv_vse16_v_i16m2(state, moved, n);
        sums = __riscv_vwmacc_vv_i32m4_tu(sums, moved, __riscv_vle16_v_i16m2(weights, n), n);
    }
    const vint32m1_t first = __riscv_vmv_s_x_i32m1((int32_t)sum, 1);
    sum = (uint32_t)__riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m4_i32m1(sums, first, all));
#else
    for (; left > 0; --left, ++state) {
        const int16_t moved = state[1];
        *state = moved;
        sum += (uint32_t)(*weights++ * moved);
    }
#endif
    *state = (int16_t)newest;
    return (int32_t)sum;
}

#endif /* BW_SLIDE_S16_H */
