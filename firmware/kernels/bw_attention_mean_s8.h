/* Weighted sums of int8 values as outputs of attention (bw_attention.h).
 *
 * factor and by = 39 - zeros are those of the row; 8 <= by <= 31, for sums of weights are below 2^24, |sum| < 2^by, and
 * factor is below 2^30, for Newton's step stays below the reciprocal. Means are below 255.25 * 2^22, so that they may
 * be doubled, and by a right shift up to 22 rounded in one step. Cost: 16 instructions per output on a Cortex-M4.
 */
#ifndef BW_ATTENTION_MEAN_S8_H
#define BW_ATTENTION_MEAN_S8_H

#include "bw_attention.h"
#include "bw_twice.h"

static inline void bw_attention_mean_s8(const bw_attention_mean *p, const int32_t *sums, int32_t count, int32_t factor,
                                        int32_t by, int8_t *output) {
    const int32_t value_zero_point = p->value_zero_point * (INT32_C(1) << 22), multiplier = p->multiplier;
    const int32_t left = 31 - by, twice = 2 * factor, right = -p->shift, zero_point = p->zero_point;
    if (right < 1 || right > 22) {
        for (int32_t i = 0; i < count; ++i) {
            const int32_t mean = bw_round_twice(bw_shl32(sums[i], left), twice) - value_zero_point;
            output[i] = (int8_t)bw_clamp(bw_requantize_double(mean, multiplier, p->shift) + zero_point, -128, 127);
        }
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        const int32_t mean = bw_round_twice(bw_shl32(sums[i], left), twice) - value_zero_point;
        output[i] = (int8_t)bw_ssat8(bw_requantize_twice(2 * mean, multiplier, right) + zero_point);
    }
}

#endif /* BW_ATTENTION_MEAN_S8_H */
