/* Portable layer and RMS normalization of int8. */
#include "bw_layer_norm_words_s8.h"

#include "bw_norm_run_s8.h"

#define TAKE(i) (total += row[i], squares += (uint32_t)(row[i] * row[i]))

static bw_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
    const int8_t *const whole = row + (p->depth & ~3);
    int32_t total = 0;
    uint32_t squares = 0;
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

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s8(&run, line_of(&p->norm, input), input, output);
    }
}
