/* Weighted sums of int8 values as outputs of attention (bw_attention.h) on Helium.
 *
 * factor and by = 39 - zeros are those of the row; 8 <= by <= 31, for sums of weights are below 2^24, and
 * |sum| <= 2^by. Cost: 14 instructions per four outputs.
 */
#ifndef BW_ATTENTION_MEAN_S8_H
#define BW_ATTENTION_MEAN_S8_H

#include "bw_attention.h"

static inline void bw_attention_mean_s8(const bw_attention_mean *p, const int32_t *sums, int32_t count, int32_t factor,
                                        int32_t by, int8_t *output) {
    const int32_t left = p->shift > 0 ? p->shift : 0, right = left - p->shift;
    const int32_t value_zero_point = p->value_zero_point * (INT32_C(1) << 22);
#ifdef __ARM_FEATURE_MVE
    if (right > 0) {
        __asm__ volatile("dlstp.32     lr, %[count]        \n"
                         "1:                               \n"
                         "vldrw.32     q0, [%[from]], #16  \n"
                         "vshl.s32     q0, %[up]           \n"
                         "vqrdmulh.s32 q0, q0, %[factor]   \n"
                         "vsub.i32     q0, q0, %[minus]    \n"
                         "vqrdmulh.s32 q0, q0, %[by]       \n"
                         "vshr.s32     q1, q0, #31         \n" /* ties away from zero */
                         "vadd.i32     q0, q0, q1          \n"
                         "vrshl.s32    q0, %[down]         \n"
                         "vadd.i32     q0, q0, %[point]    \n"
                         "vqmovnb.s32  q0, q0              \n"
                         "vqmovnb.s16  q0, q0              \n"
                         "vstrb.32     q0, [%[to]], #4     \n"
                         "letp         lr, 1b              \n"
                         : [from] "+r"(sums), [to] "+l"(output)
                         : [count] "r"(count), [up] "r"(31 - by), [factor] "r"(factor), [minus] "r"(value_zero_point),
                           [by] "r"(p->multiplier), [down] "r"(-right), [point] "r"(p->zero_point)
                         : "lr", "q0", "q1", "memory");
        return;
    }
#endif
    for (int32_t i = 0; i < count; ++i) {
        const int32_t mean = bw_srdhm(bw_shl32(sums[i], 31 - by), factor) - value_zero_point;
        const int32_t value = bw_divide_by_pot(bw_srdhm(bw_shl32(mean, left), p->multiplier), right);
        output[i] = (int8_t)bw_clamp(value + p->zero_point, -128, 127);
    }
}

#endif /* BW_ATTENTION_MEAN_S8_H */
