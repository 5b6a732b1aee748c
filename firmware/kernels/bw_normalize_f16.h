/* Layer norm or RMS norm of rows in float16. */
#ifndef BW_NORMALIZE_F16_H
#define BW_NORMALIZE_F16_H

#include "bw_normalize_real_params.h"

typedef bw_normalize_real_params bw_normalize_f16_params;

void bw_normalize_f16(const bw_normalize_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_NORMALIZE_F16_H */
