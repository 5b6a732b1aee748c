/* output = the smaller of both inputs, int8 with broadcasting; layout and in-place use as bw_elementwise.h states.
 * Cost: one element at a time, one comparison each.
 */
#ifndef BW_ELEMENTWISE_MIN_S8_H
#define BW_ELEMENTWISE_MIN_S8_H

#include "bw_elementwise.h"

typedef bw_elementwise_params bw_elementwise_min_s8_params;

void bw_elementwise_min_s8(const bw_elementwise_min_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                           int8_t *output);

#endif /* BW_ELEMENTWISE_MIN_S8_H */
