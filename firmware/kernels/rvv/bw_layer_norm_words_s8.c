/* Layer and RMS normalization of int8 on RVV: 19 instructions per vector of elements, and 12 for its sums.
 *
 * The high word of a product, rounded, is the rounding high product of its half: d is even, and `up` at least 1.
 */
#include "bw_layer_norm_words_s8.h"

#include "bw_rvv.h"

static bw_layer_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
    int32_t total = 0, squares = 0;
    for (int32_t left = p->depth; left > 0;) {
        const size_t n = bw_lanes(left);
        bw_add_bytes(row, &total, &squares, n);
        row += n;
        left -= (int32_t)n;
    }
    return bw_layer_norm_line_of(p, total, (uint32_t)squares);
}

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const int32_t up = p->up - 1, fraction = p->norm.fraction;
    for (int32_t r = 0; r < p->norm.rows; ++r) {
        const bw_layer_norm_line line = line_of(&p->norm, input);
        const int32_t *gain = p->norm.gain, *bias = p->norm.bias;
        for (int32_t left = p->norm.depth; left > 0;) {
            const size_t n = bw_lanes(left);
            const bw_words d = bw_shift_right(bw_scale_bytes(input, line.by, line.plus, n), 1, n);
            const bw_words normal = bw_shift_left(bw_multiply_high_by(d, line.root, n), up, n);
            const bw_words scaled = bw_add_words(bw_multiply_high(normal, bw_load_words(gain, n), n), bias, n);
            bw_store_bytes(output, bw_narrow(bw_shift_right(scaled, fraction, n), 0, -128, 127, n), n);
            gain += n;
            bias += n;
            input += n;
            output += n;
            left -= (int32_t)n;
        }
    }
}
