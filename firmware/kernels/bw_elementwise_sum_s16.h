/* output = input_1 * real_1 +- input_2 * real_2, int16, as bw_elementwise_add_s16 and _sub_s16 compute it where all
 * roundings are DOUBLE and the first input has the larger scale, so that the common one is a power of two of its own.
 *
 * With x the first input and y the second, sum = x * weight_1 + weight_2 * requantized(y << 15, multiplier_2, right_2)
 * is twice the sum at the common scale; the output is requantized(sum / 2, multiplier, right), clamped.
 *
 * Layout: outer loops as bw_elementwise.h states, around runs in which both inputs go on by one element.
 * Ranges, proven on the host: multipliers from 2^30; right_2 is 0 to 14, right 1 to 30; sum fits int32, and so do its
 * requantized value before the shift, doubled, plus 2^right + 1. May run in place.
 * Cost: some 17 instructions per element on a Cortex-M4.
 */
#ifndef BW_ELEMENTWISE_SUM_S16_H
#define BW_ELEMENTWISE_SUM_S16_H

#include "bw_elementwise.h"

typedef struct {
    bw_broadcast loops;
    int32_t weight_1, weight_2; /* 2^15 and 2, or less than zero where an input is subtracted */
    int32_t multiplier_2, right_2;
    int32_t multiplier, right;
    int32_t low, high;
} bw_elementwise_sum_s16_params;

void bw_elementwise_sum_s16(const bw_elementwise_sum_s16_params *p, const int16_t *input_1, const int16_t *input_2,
                            int16_t *output);

#endif /* BW_ELEMENTWISE_SUM_S16_H */
