/* output = requantized(input_1 * input_2, multiplier, right), DOUBLE and clamped, int16.
 *
 * Layout: outer loops as bw_elementwise.h states, around runs in which both inputs go on by one element.
 * Ranges, proven on the host: multiplier from 2^30, right 1 to 30; the requantized value before the shift, doubled,
 * plus 2^right + 1 fits int32; 2^30, the product of the lowest values, may count as half a unit less. May run in place.
 * Cost: some 9 instructions per element on a Cortex-M4.
 */
#ifndef BW_ELEMENTWISE_PRODUCT_S16_H
#define BW_ELEMENTWISE_PRODUCT_S16_H

#include "bw_elementwise.h"

typedef struct {
    bw_broadcast loops;
    int32_t multiplier, right;
    int32_t low, high;
} bw_elementwise_product_s16_params;

void bw_elementwise_product_s16(const bw_elementwise_product_s16_params *p, const int16_t *input_1,
                                const int16_t *input_2, int16_t *output);

#endif /* BW_ELEMENTWISE_PRODUCT_S16_H */
