/* Portable normalization of int8 by mean absolute deviation. */
#include "bw_mad_norm_words_s8.h"

#include "bw_mad_sums_s8.h"
#include "bw_norm_run_s8.h"

void bw_mad_norm_words_s8(const bw_mad_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_norm_run run = bw_mad_norm_run(p);
    for (int32_t r = 0; r < p->rows; ++r, input += run.depth, output += run.depth) {
        const int32_t total = bw_mad_total_s8(input, run.depth);
        const uint32_t positive = bw_mad_positive_s8(input, run.depth, total);
        bw_norm_run_s8(&run, bw_mad_norm_line_of(p, total, positive), input, output);
    }
}
