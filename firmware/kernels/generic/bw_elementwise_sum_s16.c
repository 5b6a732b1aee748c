/* Portable sums of int16. */
#include "bw_elementwise_sum_s16.h"

#include "bw_clamp_run_s16.h"
#include "bw_twice.h"

#define LOOP(second)                                                                                                   \
    const int32_t weight_1 = p->weight_1, weight_2 = p->weight_2, multiplier = p->multiplier, right = p->right;        \
    const int32_t multiplier_2 = p->multiplier_2;                                                                      \
    do {                                                                                                               \
        const int32_t sum = *x++ * weight_1 + second * weight_2;                                                       \
        *output++ = (int16_t)bw_ssat16(bw_requantize_twice(sum, multiplier, right));                                   \
    } while (output != end)

/* The second input without a second rounding, and with one; functions of their own, so that constants stay in
 * registers. */
__attribute__((noinline)) static void near_scales(const bw_elementwise_sum_s16_params *p, const int16_t *x,
                                                  const int16_t *y, int16_t *output, const int16_t *end) {
    LOOP(bw_round_twice(bw_shl32(*y++, 16), multiplier_2));
}

__attribute__((noinline)) static void any_scales(const bw_elementwise_sum_s16_params *p, const int16_t *x,
                                                 const int16_t *y, int16_t *output, const int16_t *end) {
    const int32_t right_2 = p->right_2;
    LOOP(bw_requantize_twice(bw_shl32(*y++, 16), multiplier_2, right_2));
}

static void run(const bw_elementwise_sum_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
    if (p->right_2 == 0) {
        near_scales(p, x, y, output, output + p->loops.run);
    } else {
        any_scales(p, x, y, output, output + p->loops.run);
    }
    bw_clamp_run_s16(output, p->loops.run, p->low, p->high);
}

BW_DEFINE_RUNS(bw_elementwise_sum_s16, int16_t, run)
