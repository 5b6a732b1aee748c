/* Layer and RMS normalization of int8 with SMLAD for sums. */
#include "bw_layer_norm_words_s8.h"

#include "bw_dsp.h"
#include "bw_norm_run_s8.h"

static bw_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
    const int8_t *const whole = row + (p->depth & ~3), *const end = row + p->depth;
    int32_t total = 0, squares = 0;
    for (; row < whole; row += 4) {
        const uint32_t word = bw_load32(row), even = bw_sxtb16(word), odd = bw_sxtb16_ror8(word);
        squares = bw_smlad(odd, odd, bw_smlad(even, even, squares));
        total = bw_smlad(odd, 0x10001U, bw_smlad(even, 0x10001U, total));
    }
    for (; row < end; ++row) {
        total += *row;
        squares += *row * *row;
    }
    return bw_layer_norm_line_of(p, total, (uint32_t)squares);
}

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s8(&run, line_of(&p->norm, input), input, output);
    }
}
