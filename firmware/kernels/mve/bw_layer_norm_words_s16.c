/* Layer and RMS normalization of int16 on Helium: sums of eight elements. */
#include "bw_layer_norm_words_s16.h"

#include "bw_norm_run_s16.h"

static bw_norm_line line_of(const bw_layer_norm_params *p, const int16_t *row) {
    int32_t total = 0;
    uint64_t squares = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("dlstp.16     lr, %3        \n"
                     "1:                         \n"
                     "vldrh.u16    q0, [%0], #16 \n"
                     "vaddva.s16     %1, q0        \n"
                     "vmlaldava.s16 %Q2, %R2, q0, q0 \n"
                     "letp         lr, 1b        \n"
                     : "+r"(row), "+Te"(total), "+r"(squares)
                     : "r"(p->depth)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < p->depth; ++i) {
        total += row[i];
        squares += (uint32_t)(row[i] * row[i]);
    }
#endif
    return bw_layer_norm_line_of(p, total, squares);
}

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s16(&run, line_of(&p->norm, input), input, output);
    }
}
