/* Average or largest of a window in float32. */
#include "bw_pool_f32.h"

#include "bw_sliding_real.h"

void bw_pool_f32(const bw_pool_f32_params *p, const float *input, float *output) { bw_pool_real(p, input, output); }
