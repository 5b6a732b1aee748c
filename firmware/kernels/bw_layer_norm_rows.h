/* Layer and RMS normalization of rows as bw_layer_norm_words.h states, their sums taken four elements a turn. */
#ifndef BW_LAYER_NORM_ROWS_H
#define BW_LAYER_NORM_ROWS_H

#include "bw_layer_norm_words.h"

#define BW_TAKE(x) (total += (x), squares += (uint32_t)((x) * (x)))

/* Define the function for a type: `sum` holds the squares of a row, `run` makes its elements. */
#define BW_DEFINE_LAYER_NORM_WORDS(function, type, sum, run)                                                           \
    static bw_norm_line line_of(const bw_layer_norm_params *p, const type *row) {                                      \
        const type *const whole = row + (p->depth & ~3);                                                               \
        int32_t total = 0;                                                                                             \
        sum squares = 0;                                                                                               \
        for (; row < whole; row += 4) {                                                                                \
            BW_TAKE(row[0]);                                                                                           \
            BW_TAKE(row[1]);                                                                                           \
            BW_TAKE(row[2]);                                                                                           \
            BW_TAKE(row[3]);                                                                                           \
        }                                                                                                              \
        for (int32_t i = 0; i < (p->depth & 3); ++i) {                                                                 \
            BW_TAKE(row[i]);                                                                                           \
        }                                                                                                              \
        return bw_layer_norm_line_of(p, total, squares);                                                               \
    }                                                                                                                  \
                                                                                                                       \
    void function(const function##_params *p, const type *input, type *output) {                                       \
        const bw_norm_run elements = bw_layer_norm_run(p);                                                             \
        for (int32_t r = 0; r < p->norm.rows; ++r, input += elements.depth, output += elements.depth) {                \
            run(&elements, line_of(&p->norm, input), input, output);                                                   \
        }                                                                                                              \
    }

#endif /* BW_LAYER_NORM_ROWS_H */
