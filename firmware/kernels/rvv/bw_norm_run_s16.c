/* Elements of normalized rows of int16 on RVV: 19 instructions per vector.
 *
 * The high word of a product, rounded, is the rounding high product of its half: d is even, and `up` at least 1.
 */
#include "bw_norm_run_s16.h"

#include "bw_rvv.h"

void bw_norm_run_s16(const bw_norm_run *p, bw_norm_line line, const int16_t *input, int16_t *output) {
    const int32_t up = p->up - 1, fraction = p->fraction, *gain = p->gain, *bias = p->bias;
    for (int32_t left = p->depth; left > 0;) {
        const size_t n = bw_lanes(left);
        const bw_words d = bw_shift_right(bw_scale_halfwords(input, line.by, line.plus, n), 1, n);
        const bw_words normal = bw_shift_left(bw_multiply_high_by(d, line.root, n), up, n);
        const bw_words scaled = bw_add_words(bw_multiply_high(normal, bw_load_words(gain, n), n), bias, n);
        bw_store_halfwords(output, bw_shift_right(scaled, fraction, n), n);
        gain += n;
        bias += n;
        input += n;
        output += n;
        left -= (int32_t)n;
    }
}
