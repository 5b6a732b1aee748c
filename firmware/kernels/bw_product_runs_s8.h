/* bw_elementwise_product_s8 by its two kinds of runs. */
#ifndef BW_PRODUCT_RUNS_S8_H
#define BW_PRODUCT_RUNS_S8_H

#include "bw_clamp_run_s8.h"
#include "bw_elementwise_product_s8.h"

/* Define it by runs of which the second input goes on, or stays: (params, input_1, input_2 or its value, output). */
#define BW_DEFINE_PRODUCT_RUNS(by_each, by_one)                                                                        \
    static void run(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *output) {     \
        if (p->loops.step_2 == 0) {                                                                                    \
            by_one(p, x, *y, output);                                                                                  \
        } else {                                                                                                       \
            by_each(p, x, y, output);                                                                                  \
        }                                                                                                              \
        bw_clamp_run_s8(output, p->loops.run, p->low, p->high);                                                        \
    }                                                                                                                  \
                                                                                                                       \
    BW_DEFINE_RUNS(bw_elementwise_product_s8, int8_t, run)

#endif /* BW_PRODUCT_RUNS_S8_H */
