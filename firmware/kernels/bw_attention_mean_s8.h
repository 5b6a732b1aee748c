/* Weighted sums of int8 values as outputs of attention (bw_attention.h).
 *
 * factor and by = 39 - zeros are those of the row; 8 <= by <= 31, for sums of weights are below 2^24, and
 * |sum| <= 2^by. Cost: 25 instructions per output on a Cortex-M4.
 */
#ifndef BW_ATTENTION_MEAN_S8_H
#define BW_ATTENTION_MEAN_S8_H

#include "bw_attention.h"

/* floor((a * b + 2^30) / 2^31); on cores without long products, from the high word and two bits below it. */
static inline int32_t bw_attention_rounded(int32_t a, int32_t b) {
#if defined(__ARM_ARCH) && __ARM_ARCH < 7
    const uint32_t low = (uint32_t)a * (uint32_t)b;
    return (int32_t)(2U * (uint32_t)bw_high(a, b) + (((low >> 30) + 1U) >> 1));
#else
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
#endif
}

static inline void bw_attention_mean_s8(const bw_attention_mean *p, const int32_t *sums, int32_t count, int32_t factor,
                                        int32_t by, int8_t *output) {
    const int32_t value_zero_point = p->value_zero_point * (INT32_C(1) << 22), multiplier = p->multiplier;
    const int32_t left = 31 - by, shift = p->shift, zero_point = p->zero_point;
    if (shift >= 0) {
        for (int32_t i = 0; i < count; ++i) {
            const int32_t mean = bw_attention_rounded(bw_shl32(sums[i], left), factor) - value_zero_point;
            output[i] = (int8_t)bw_clamp(bw_requantize_double(mean, multiplier, shift) + zero_point, -128, 127);
        }
        return;
    }
    const int32_t half = (int32_t)(UINT32_C(1) << (-shift - 1));
    for (int32_t i = 0; i < count; ++i) {
        const int32_t mean = bw_attention_rounded(bw_shl32(sums[i], left), factor) - value_zero_point;
        int32_t value = bw_attention_rounded(mean, multiplier);
        value -= value < 0;
        output[i] = (int8_t)bw_clamp(((value + half) >> -shift) + zero_point, -128, 127);
    }
}

#endif /* BW_ATTENTION_MEAN_S8_H */
