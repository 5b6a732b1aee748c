/* Portable int8 softmax. */
#include "bw_softmax_s8.h"

#include "bw_softmax_row.h"

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output) {
    const int32_t *const table = p->exp;
    const int32_t steps = p->steps, depth = p->depth;
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t shift;
        const int32_t largest = bw_softmax_largest(input, depth);
        const int32_t factor = bw_softmax_factor(table, steps, input, depth, largest, &shift);
        shift -= 8;
        for (int32_t i = 0; i < depth; ++i) {
            const int32_t exp = bw_softmax_exp(table, steps, largest - input[i]);
            const int32_t value = bw_softmax_quotient(factor, exp, shift);
            output[i] = (int8_t)((value > 255 ? 255 : value) - 128);
        }
        input += depth;
        output += depth;
    }
}
