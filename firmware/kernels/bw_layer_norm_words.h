/* Layer and RMS normalization, bit for bit bw_layer_norm.h, by the high words of products.
 *
 * A right shift of a 64-bit product, rounded, is the rounded high word of the product of factors that were shifted to
 * the left before. Ranges, proven on the host: bw_layer_norm_row's shift is at most 31 and n at most 4096, so that
 * d << (32 - shift) fits int32; a normalized value << up, and gains, which are stored shifted left by 10 - up, fit
 * int32. Biases are stored with half a step and the output's zero point: what is shifted right by `fraction` is the
 * sum.
 */
#ifndef BW_LAYER_NORM_WORDS_H
#define BW_LAYER_NORM_WORDS_H

#include "bw_layer_norm.h"
#include "bw_norm_run.h"

typedef struct {
    bw_layer_norm_params norm; /* but for gain and bias; the output's zero point is not read */
    int32_t up;
} bw_layer_norm_words_params;

/* What bw_norm_run.h reads. */
static inline bw_norm_run bw_layer_norm_run(const bw_layer_norm_words_params *p) {
    const bw_norm_run run = {p->norm.depth, p->up, p->norm.fraction, p->norm.gain, p->norm.bias};
    return run;
}

/* d << (32 - shift) of x is x * by + plus; total = sum(x), squares = sum(x^2) of a row, zero point included. */
static inline bw_norm_line bw_layer_norm_line_of(const bw_layer_norm_params *p, int32_t total, uint64_t squares) {
    const int32_t point = p->input_zero_point, sum = total - p->depth * point;
    /* sum((x - z)^2) = sum(x^2) - z * (sum(x) + sum(x - z)) */
    const bw_layer_norm_row row = bw_layer_norm_begin(p, sum, squares - (uint64_t)((int64_t)point * (total + sum)));
    const int32_t left = 32 - row.shift;
    const bw_norm_line line = {bw_shl32(p->depth, left), bw_shl32(-(row.total + p->depth * point), left), row.root};
    return line;
}

#endif /* BW_LAYER_NORM_WORDS_H */
