/* output = input_1, times the slope input_2 where it is negative, int8 with broadcasting; layout and in-place use as
 * bw_elementwise.h states. Cost: one element at a time, one requantization each.
 */
#ifndef BW_PRELU_S8_H
#define BW_PRELU_S8_H

#include "bw_elementwise.h"

typedef bw_elementwise_params bw_prelu_s8_params;

void bw_prelu_s8(const bw_prelu_s8_params *p, const int8_t *input_1, const int8_t *input_2, int8_t *output);

#endif /* BW_PRELU_S8_H */
