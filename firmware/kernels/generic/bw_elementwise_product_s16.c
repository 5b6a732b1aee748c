/* Portable products of int16. */
#include "bw_elementwise_product_s16.h"

#include "bw_clamp_run_s16.h"
#include "bw_twice.h"

static void run(const bw_elementwise_product_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
    const int32_t multiplier = p->multiplier, right = p->right;
    int16_t *to = output;
    for (const int16_t *const end = to + p->loops.run; to != end;) {
        const int32_t twice = bw_twice(*x++ * *y++);
        *to++ = (int16_t)bw_ssat16(bw_requantize_twice(twice, multiplier, right));
    }
    bw_clamp_run_s16(output, p->loops.run, p->low, p->high);
}

BW_DEFINE_RUNS(bw_elementwise_product_s16, int16_t, run)
