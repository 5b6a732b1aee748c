/* Mean over axes in float16. */
#ifndef BW_MEAN_F16_H
#define BW_MEAN_F16_H

#include "bw_sliding_real_params.h"

typedef bw_mean_real_params bw_mean_f16_params;

void bw_mean_f16(const bw_mean_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_MEAN_F16_H */
