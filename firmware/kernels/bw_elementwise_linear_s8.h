/* output = (input_1 * multiplier_1 + input_2 * multiplier_2 + offset) >> right, clamped to int8: sums and differences
 * of two tensors of one shape, where the host found constants that give what the requantizations would for every one
 * of the 65,536 pairs of inputs.
 *
 * Ranges: the sum fits int32 (the host checks). In order, each element after it is read: may run in place.
 * Cost: 8 instructions per element.
 */
#ifndef BW_ELEMENTWISE_LINEAR_S8_H
#define BW_ELEMENTWISE_LINEAR_S8_H

#include <stdint.h>

typedef struct {
    int32_t size;
    int32_t multiplier_1, multiplier_2, offset, right;
} bw_elementwise_linear_s8_params;

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output);

#endif /* BW_ELEMENTWISE_LINEAR_S8_H */
