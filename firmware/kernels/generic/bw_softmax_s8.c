/* Portable int8 softmax. */
#include "bw_softmax_s8.h"

#include "bw_fixedpoint.h"

#define SUM_BITS 12

/* x * 4, saturated: from two integer bits to none. */
static int32_t times_four(int32_t x) {
    return x > (INT32_MAX >> 2) ? INT32_MAX : x < (INT32_MIN >> 2) ? INT32_MIN : bw_shl32(x, 2);
}

/* 1 / (1 + x) of a Q31 value in [0, 1), as Q31: three Newton-Raphson steps from 48/17 - 32/17 * d. */
static int32_t one_over_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) >> 1);
    int32_t estimate = 1515870810 + bw_srdhm(half_denominator, -1010580540);
    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = (1 << 29) - bw_srdhm(half_denominator, estimate);
        estimate += times_four(bw_srdhm(estimate, error));
    }
    return estimate > (INT32_MAX >> 1) ? INT32_MAX : bw_shl32(estimate, 1);
}

static int32_t leading_zeros(uint32_t x) {
    int32_t count = 0;
    while (count < 32 && !(x & 0x80000000U)) {
        x <<= 1;
        ++count;
    }
    return count;
}

static inline int32_t exponential(const bw_softmax_s8_params *p, int32_t below) {
    return below < p->steps ? p->exp[below] : 0;
}

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t largest = INT8_MIN;
        for (int32_t i = 0; i < p->depth; ++i) {
            largest = input[i] > largest ? input[i] : largest;
        }
        uint32_t sum = 0;
        for (int32_t i = 0; i < p->depth; ++i) {
            sum += (uint32_t)bw_divide_by_pot(exponential(p, largest - input[i]), SUM_BITS);
        }
        const int32_t headroom = leading_zeros(sum);
        const int32_t scale = one_over_one_plus((int32_t)((sum << headroom) - 0x80000000U));
        const int32_t shift = SUM_BITS - headroom + 31 - 8;
        for (int32_t i = 0; i < p->depth; ++i) {
            /* A sum of 2^9 and more takes every quotient, at most 1, below half a step. */
            const int32_t quotient = bw_srdhm(scale, exponential(p, largest - input[i]));
            const int32_t value = shift > 31 ? 0 : bw_divide_by_pot(quotient, shift);
            output[i] = (int8_t)bw_clamp(value - 128, INT8_MIN, INT8_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
