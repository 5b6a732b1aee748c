/* Layer and RMS normalization of int8 on RVV: 12 instructions per vector for the sums. */
#include "bw_layer_norm_words_s8.h"

#include "bw_norm_run_s8.h"
#include "bw_rvv.h"

static bw_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
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
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s8(&run, line_of(&p->norm, input), input, output);
    }
}
