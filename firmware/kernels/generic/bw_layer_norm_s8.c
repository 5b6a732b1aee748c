/* Portable layer and RMS normalization of int8. */
#include "bw_layer_norm_s8.h"

void bw_layer_norm_s8(const bw_layer_norm_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        int32_t sum = 0;
        uint32_t squares = 0; /* of 16384 elements below 2^30 */
        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t c = input[i] - p->input_zero_point;
            sum += c;
            squares += (uint32_t)(c * c);
        }
        const bw_layer_norm_row row = bw_layer_norm_begin(p, sum, squares);
        for (int32_t i = 0; i < p->depth; ++i) {
            output[i] = (int8_t)bw_clamp(bw_layer_norm_value(p, row, i, input[i]), INT8_MIN, INT8_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
