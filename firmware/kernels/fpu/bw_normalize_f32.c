/* Layer norm or RMS norm of rows in float32. */
#include "bw_normalize_f32.h"

#include "bw_normalize_real.h"

void bw_normalize_f32(const bw_normalize_f32_params *p, const float *input, float *output) {
    bw_normalize_real(p, input, output);
}
