/* Layer and RMS normalization of int16 with SMLAD for sums. */
#include "bw_layer_norm_words_s16.h"

#include "bw_dsp.h"
#include "bw_norm_run_s16.h"

static bw_norm_line line_of(const bw_layer_norm_params *p, const int16_t *row) {
    const int16_t *const whole = row + (p->depth & ~1), *const end = row + p->depth;
    int32_t total = 0;
    uint64_t squares = 0;
    for (; row < whole; row += 2) {
        const uint32_t pair = bw_load32(row);
        squares = bw_smlald(pair, pair, squares);
        total = bw_smlad(pair, 0x10001U, total);
    }
    if (row < end) {
        total += *row;
        squares += (uint32_t)(*row * *row);
    }
    return bw_layer_norm_line_of(p, total, squares);
}

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s16(&run, line_of(&p->norm, input), input, output);
    }
}
