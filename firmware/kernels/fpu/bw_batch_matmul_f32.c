/* Products of two matrices per batch in float32. */
#include "bw_batch_matmul_f32.h"

#include "bw_batch_matmul_real.h"

void bw_batch_matmul_f32(const bw_batch_matmul_f32_params *p, const float *input_1, const float *input_2,
                         float *output) {
    bw_batch_matmul_real(p, input_1, input_2, output);
}
