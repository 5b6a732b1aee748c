/* Normalization by mean absolute deviation, bit for bit bw_mad_norm.h, by the high words of products (bw_norm_run.h).
 *
 * As in bw_layer_norm_words.h, whose constants these are. Ranges, proven on the host: no sum(|d|) reaches 2^31, so that
 * bw_mad_norm_row's shift is at most 31 and d << (32 - shift) fits int32; gains shifted left by one fit it, too.
 * A factor of 2^31, which does not fit, is one less: d << (32 - shift) is then at most 2^30 in magnitude, and its half,
 * which is whole, is what either gives.
 */
#ifndef BW_MAD_NORM_WORDS_H
#define BW_MAD_NORM_WORDS_H

#include "bw_mad_norm.h"
#include "bw_norm_run.h"

typedef bw_mad_norm_params bw_mad_norm_words_params; /* but for gain and bias; the output's zero point is not read */

/* By how much ratios are shifted left. */
#define BW_MAD_NORM_UP 1

static inline bw_norm_run bw_mad_norm_run(const bw_mad_norm_words_params *p) {
    const bw_norm_run run = {p->depth, BW_MAD_NORM_UP, p->fraction, p->gain, p->bias};
    return run;
}

/* total = sum(x) of a row, zero point included; positive = the sum of those of depth * x - total above zero, which is
 * half the sum of all magnitudes. */
static inline bw_norm_line bw_mad_norm_line_of(const bw_mad_norm_words_params *p, int32_t total, uint32_t positive) {
    const bw_mad_norm_row row = bw_mad_norm_begin(0, 2 * (uint64_t)positive);
    const int32_t left = 32 - row.shift;
    const bw_norm_line line = {bw_shl32(p->depth, left), bw_shl32(-total, left),
                               (int32_t)(row.factor - (row.factor >> 31))};
    return line;
}

#endif /* BW_MAD_NORM_WORDS_H */
