/* Average or largest of a window in float16. */
#ifndef BW_POOL_F16_H
#define BW_POOL_F16_H

#include "bw_sliding_real_params.h"

typedef bw_pool_real_params bw_pool_f16_params;

void bw_pool_f16(const bw_pool_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_POOL_F16_H */
