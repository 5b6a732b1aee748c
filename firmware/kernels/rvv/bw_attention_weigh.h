/* Weights of attention from a row of scores (bw_attention.h) on RVV: the sum of them.
 *
 * Cost: two passes; 35 instructions per vector of scores.
 */
#ifndef BW_ATTENTION_WEIGH_H
#define BW_ATTENTION_WEIGH_H

#include "bw_attention_weight.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    vint32m1_t most = __riscv_vmv_s_x_i32m1(INT32_MIN, 1);
    for (int32_t i = 0; i < count;) {
        const size_t n = __riscv_vsetvl_e32m4((size_t)(count - i));
        most = __riscv_vredmax_vs_i32m4_i32m1(__riscv_vle32_v_i32m4(scores + i, n), most, n);
        i += (int32_t)n;
    }
    const int32_t largest = __riscv_vmv_x_s_i32m1_i32(most);
    vuint32m1_t total = __riscv_vmv_s_x_u32m1(0, 1);
    for (int32_t i = 0; i < count;) {
        const size_t n = __riscv_vsetvl_e32m4((size_t)(count - i));
        const vint32m4_t score = __riscv_vle32_v_i32m4(scores + i, n);
        const vuint32m4_t below = __riscv_vreinterpret_v_i32m4_u32m4(__riscv_vrsub_vx_i32m4(score, largest, n));
        const vbool8_t near = __riscv_vmsltu_vx_u32m4_b8(below, (uint32_t)p->limit, n);
        const vbool8_t seen = __riscv_vmand_mm_b8(near, __riscv_vmsne_vx_i32m4_b8(score, INT32_MIN, n), n);
        const vuint32m4_t scaled = __riscv_vsll_vx_u32m4(below, (size_t)p->left, n);
        const vuint32m4_t exponent = __riscv_vmulhu_vx_u32m4(scaled, p->multiplier, n);
        const vuint32m4_t place = __riscv_vand_vx_u32m4(__riscv_vsrl_vx_u32m4(exponent, 8, n), 63 << 2, n);
        const vuint32m4_t line = __riscv_vluxei32_v_u32m4(bw_attention_lines, place, n);
        const vuint32m4_t slope = __riscv_vand_vx_u32m4(line, 0xFFFF, n);
        const vuint32m4_t along = __riscv_vand_vx_u32m4(exponent, 1023, n);
        const vuint32m4_t fall = __riscv_vadd_vx_u32m4(__riscv_vmul_vv_u32m4(slope, along, n), 512, n);
        const vuint32m4_t start = __riscv_vsrl_vx_u32m4(line, 16, n);
        const vuint32m4_t entry = __riscv_vsub_vv_u32m4(start, __riscv_vsrl_vx_u32m4(fall, 10, n), n);
        const vuint32m4_t right = __riscv_vsrl_vx_u32m4(exponent, 16, n);
        const vuint32m4_t by = __riscv_vadd_vx_u32m4(right, (uint32_t)p->drop - 1U, n);
        const vuint32m4_t twice = __riscv_vadd_vx_u32m4(__riscv_vsrl_vv_u32m4(entry, by, n), 1, n);
        const vuint32m4_t halved = __riscv_vsrl_vx_u32m4(twice, 1, n);
        const vuint32m4_t value = __riscv_vmerge_vvm_u32m4(__riscv_vmv_v_x_u32m4(0, n), halved, seen, n);
        __riscv_vse16_v_u16m2((uint16_t *)weights + i, __riscv_vncvt_x_x_w_u16m2(value, n), n);
        total = __riscv_vredsum_vs_u32m4_u32m1(value, total, n);
        i += (int32_t)n;
    }
    return __riscv_vmv_x_s_u32m1_u32(total);
}

#else

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    int32_t largest = INT32_MIN;
    for (int32_t i = 0; i < count; ++i) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    uint32_t total = 0;
    for (int32_t i = 0; i < count; ++i) {
        const uint32_t below = (uint32_t)largest - (uint32_t)scores[i];
        const int seen = below < (uint32_t)p->limit && scores[i] != INT32_MIN;
        const uint32_t value = seen ? bw_attention_weight(below, p->left, p->multiplier, p->drop) : 0U;
        weights[i] = (int16_t)value;
        total += value;
    }
    return total;
}

#endif

#endif /* BW_ATTENTION_WEIGH_H */
