/* Layer and RMS normalization of int8 on Helium: sums of sixteen elements. */
#include "bw_layer_norm_words_s8.h"

#include "bw_norm_run_s8.h"

static bw_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
    int32_t total = 0, squares = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("dlstp.8      lr, %3        \n"
                     "1:                         \n"
                     "vldrb.u8     q0, [%0], #16 \n"
                     "vaddva.s8    %1, q0        \n"
                     "vmladava.s8  %2, q0, q0    \n"
                     "letp         lr, 1b        \n"
                     : "+r"(row), "+Te"(total), "+Te"(squares)
                     : "r"(p->depth)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < p->depth; ++i) {
        total += row[i];
        squares += row[i] * row[i];
    }
#endif
    return bw_layer_norm_line_of(p, total, (uint32_t)squares);
}

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_norm_run run = bw_layer_norm_run(p);
    for (int32_t r = 0; r < p->norm.rows; ++r, input += run.depth, output += run.depth) {
        bw_norm_run_s8(&run, line_of(&p->norm, input), input, output);
    }
}
