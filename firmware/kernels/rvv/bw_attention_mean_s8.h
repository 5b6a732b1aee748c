/* Weighted sums of int8 values as outputs of attention (bw_attention.h) on RVV.
 *
 * factor and by = 39 - zeros are those of the row; 8 <= by <= 31, for sums of weights are below 2^24, and
 * |sum| <= 2^by. Cost: 18 instructions per vector of outputs.
 */
#ifndef BW_ATTENTION_MEAN_S8_H
#define BW_ATTENTION_MEAN_S8_H

#include "bw_attention.h"
#include "bw_rvv.h"

static inline void bw_attention_mean_s8(const bw_attention_mean *p, const int32_t *sums, int32_t count, int32_t factor,
                                        int32_t by, int8_t *output) {
    const int32_t left = p->shift > 0 ? p->shift : 0, right = left - p->shift;
    const int32_t value_zero_point = p->value_zero_point * (INT32_C(1) << 22);
    while (count > 0) {
        const size_t n = bw_lanes(count);
        const bw_words mean = bw_multiply_high_by(bw_shift_left(bw_load_words(sums, n), 31 - by, n), factor, n);
        const bw_words x = bw_shift_left(bw_add_value(mean, -value_zero_point, n), left, n);
        bw_words value = bw_multiply_high_by(x, p->multiplier, n);
        if (right > 0) {
            value = bw_round(bw_lower_negative(value, n), right, n);
        }
        bw_store_bytes(output, bw_narrow(value, p->zero_point, -128, 127, n), n);
        sums += n;
        output += n;
        count -= (int32_t)n;
    }
}

#endif /* BW_ATTENTION_MEAN_S8_H */
