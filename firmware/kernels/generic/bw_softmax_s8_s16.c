/* Portable int8 softmax to int16. */
#include "bw_softmax_s8_s16.h"

#include "bw_softmax_row.h"

void bw_softmax_s8_s16(const bw_softmax_s8_s16_params *p, const int8_t *input, int16_t *output) {
    const int32_t *const table = p->exp;
    const int32_t steps = p->steps, depth = p->depth;
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t shift;
        const int32_t largest = bw_softmax_largest(input, depth);
        const int32_t factor = bw_softmax_factor(table, steps, input, depth, largest, &shift);
        shift -= 16;
        for (int32_t i = 0; i < depth; ++i) {
            const int32_t exp = bw_softmax_exp(table, steps, largest - input[i]);
            const int32_t value = bw_softmax_quotient(factor, exp, shift);
            output[i] = (int16_t)((value > 65535 ? 65535 : value) - 32768);
        }
        input += depth;
        output += depth;
    }
}
