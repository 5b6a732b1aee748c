/* Portable int8 softmax to int16. */
#include "bw_softmax_s8_s16.h"

#include "bw_softmax_row.h"

void bw_softmax_s8_s16(const bw_softmax_s8_s16_params *p, const int8_t *input, int16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t shift;
        const int32_t largest = bw_softmax_largest(input, p->depth);
        const int32_t factor = bw_softmax_factor(p->exp, p->steps, input, p->depth, largest, &shift);
        shift -= 16;
        for (int32_t i = 0; i < p->depth; ++i) {
            /* A sum of 2^17 and more takes every quotient, at most 1, below half a step. */
            const int32_t quotient = bw_srdhm(factor, bw_softmax_exp(p->exp, p->steps, largest - input[i]));
            const int32_t value = shift > 31 ? 0 : bw_divide_by_pot(quotient, shift);
            output[i] = (int16_t)bw_clamp(value - 32768, INT16_MIN, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
