#include "bw_elementwise_linear_s8.h"

#include "bw_rvv.h"

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output) {
    for (int32_t left = p->size; left > 0;) {
        const size_t n = bw_lanes(left);
        const bw_words first = bw_scale_bytes(input_1, p->multiplier_1, p->offset, n);
        const bw_words second = bw_scale_bytes(input_2, p->multiplier_2, 0, n);
        bw_store_sum(output, first, second, p->right, n);
        input_1 += n;
        input_2 += n;
        output += n;
        left -= (int32_t)n;
    }
}
