/* Portable int8 softmax. */
#include "bw_softmax_s8.h"

#include "bw_softmax_row.h"

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t shift;
        const int32_t largest = bw_softmax_largest(input, p->depth);
        const int32_t factor = bw_softmax_factor(p->exp, p->steps, input, p->depth, largest, &shift);
        shift -= 8;
        for (int32_t i = 0; i < p->depth; ++i) {
            /* A sum of 2^9 and more takes every quotient, at most 1, below half a step. */
            const int32_t quotient = bw_srdhm(factor, bw_softmax_exp(p->exp, p->steps, largest - input[i]));
            const int32_t value = shift > 31 ? 0 : bw_divide_by_pot(quotient, shift);
            output[i] = (int8_t)bw_clamp(value - 128, INT8_MIN, INT8_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
