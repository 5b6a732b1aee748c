/* output = zero_point + requantized((input_1 + offset_1) * (input_2 + offset_2), multiplier, right), DOUBLE and
 * clamped, int8.
 *
 * Layout: outer loops as bw_elementwise.h states, around runs in which input_1 goes on by one element and input_2 by
 * one or, with `step_2` 0, not at all.
 * Ranges, proven on the host: multiplier from 2^30, right 1 to 30; the requantized value before the shift plus
 * 2^right + 1 fits int32. May run in place.
 * Cost: 14 instructions per element on a Cortex-M4, 11 where input_2 stays.
 */
#ifndef BW_ELEMENTWISE_PRODUCT_S8_H
#define BW_ELEMENTWISE_PRODUCT_S8_H

#include "bw_elementwise.h"

typedef struct {
    bw_broadcast loops;
    int32_t offset_1, offset_2; /* zero points, negated */
    int32_t multiplier, right;
    int32_t zero_point;
    int32_t low, high;
} bw_elementwise_product_s8_params;

void bw_elementwise_product_s8(const bw_elementwise_product_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                               int8_t *output);

#endif /* BW_ELEMENTWISE_PRODUCT_S8_H */
