/* output = the larger of both inputs, int16 with broadcasting; layout and in-place use as bw_elementwise.h states.
 * Cost: one element at a time, one comparison each.
 */
#ifndef BW_ELEMENTWISE_MAX_S16_H
#define BW_ELEMENTWISE_MAX_S16_H

#include "bw_elementwise.h"

typedef bw_elementwise_params bw_elementwise_max_s16_params;

void bw_elementwise_max_s16(const bw_elementwise_max_s16_params *p, const int16_t *input_1, const int16_t *input_2,
                            int16_t *output);

#endif /* BW_ELEMENTWISE_MAX_S16_H */
