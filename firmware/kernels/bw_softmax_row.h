/* What both softmax kernels of int8 rows do: exponentials from a table, and one reciprocal per row in gemmlowp's fixed
 * point. */
#ifndef BW_SOFTMAX_ROW_H
#define BW_SOFTMAX_ROW_H

#include "bw_fixedpoint.h"
#include "bw_log2.h"

#define BW_SOFTMAX_SUM_BITS 12

/* x * 4, saturated: from two integer bits to none. */
static inline int32_t bw_times_four(int32_t x) {
    return x > (INT32_MAX >> 2) ? INT32_MAX : x < (INT32_MIN >> 2) ? INT32_MIN : bw_shl32(x, 2);
}

/* 1 / (1 + x) of a Q31 value in [0, 1), as Q31: three Newton-Raphson steps from 48/17 - 32/17 * d. */
static inline int32_t bw_one_over_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) >> 1);
    int32_t estimate = 1515870810 + bw_srdhm(half_denominator, -1010580540);
    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = (1 << 29) - bw_srdhm(half_denominator, estimate);
        estimate += bw_times_four(bw_srdhm(estimate, error));
    }
    return estimate > (INT32_MAX >> 1) ? INT32_MAX : bw_shl32(estimate, 1);
}

/* The Q31 exponential of a difference to the row's largest; what is not in the table counts as nothing. */
static inline int32_t bw_softmax_exp(const int32_t *exp, int32_t steps, int32_t below) {
    return below < steps ? exp[below] : 0;
}

static inline int32_t bw_softmax_largest(const int8_t *input, int32_t depth) {
    int32_t largest = INT8_MIN;
    for (int32_t i = 0; i < depth; ++i) {
        largest = input[i] > largest ? input[i] : largest;
    }
    return largest;
}

/* The Q31 factor of every exponential of a row whose exponentials, each divided by 2^12, have that sum, and in `shift`
 * the right shift after it to a quotient of no bits. */
static inline int32_t bw_softmax_factor_of(uint32_t sum, int32_t *shift) {
    const int32_t headroom = 32 - bw_bit_length(sum);
    *shift = BW_SOFTMAX_SUM_BITS - headroom + 31;
    return bw_one_over_one_plus((int32_t)((sum << headroom) - 0x80000000U));
}

static inline int32_t bw_softmax_factor(const int32_t *exp, int32_t steps, const int8_t *input, int32_t depth,
                                        int32_t largest, int32_t *shift) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
        const uint32_t value = (uint32_t)bw_softmax_exp(exp, steps, largest - input[i]);
        sum += (value + (UINT32_C(1) << (BW_SOFTMAX_SUM_BITS - 1))) >> BW_SOFTMAX_SUM_BITS;
    }
    return bw_softmax_factor_of(sum, shift);
}

/* factor * exp / 2^(31 + shift), rounded twice; neither is negative. A shift of more than 31 leaves nothing: every
 * quotient is at most 1, below half a step. */
static inline int32_t bw_softmax_quotient(int32_t factor, int32_t exp, int32_t shift) {
    const uint32_t high = (uint32_t)(((int64_t)factor * exp + (INT64_C(1) << 30)) >> 31);
    return shift > 31 ? 0 : (int32_t)((high + (UINT32_C(1) << (shift - 1))) >> shift);
}

#endif /* BW_SOFTMAX_ROW_H */
