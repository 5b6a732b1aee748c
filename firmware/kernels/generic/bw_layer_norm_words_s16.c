/* Portable layer and RMS normalization of int16. */
#include "bw_layer_norm_words_s16.h"

#include "bw_norm_run_s16.h"

#define TAKE(i) (total += row[i], squares += (uint32_t)(row[i] * row[i]))

static bw_norm_line line_of(const bw_layer_norm_params *p, const int16_t *row) {
    const int16_t *const whole = row + (p->depth & ~3);
    int32_t total = 0;
    uint64_t squares = 0;
    for (; row < whole; row += 4) {
        TAKE(0);
        TAKE(1);
        TAKE(2);
        TAKE(3);
    }
    for (int32_t i = 0; i < (p->depth & 3); ++i) {
        TAKE(i);
    }
    return bw_layer_norm_line_of(p, total, squares);
}

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s16(&run, line_of(&p->norm, input), input, output);
    }
}
