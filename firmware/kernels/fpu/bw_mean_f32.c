/* Mean over axes in float32. */
#include "bw_mean_f32.h"

#include "bw_sliding_real.h"

void bw_mean_f32(const bw_mean_f32_params *p, const float *input, float *output) {
    bw_mean_rows_real(p, input, output);
}
