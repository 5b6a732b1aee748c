/* Portable layer and RMS normalization of int16. */
#include "bw_layer_norm_s16.h"

void bw_layer_norm_s16(const bw_layer_norm_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        int32_t sum = 0;
        uint64_t squares = 0;
        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t c = input[i] - p->input_zero_point;
            sum += c;
            squares += (uint32_t)(c * c);
        }
        const bw_layer_norm_row row = bw_layer_norm_begin(p, sum, squares);
        for (int32_t i = 0; i < p->depth; ++i) {
            output[i] = (int16_t)bw_clamp(bw_layer_norm_value(p, row, i, input[i]), INT16_MIN, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
