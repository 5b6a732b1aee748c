/* Two tensors element by element in float32. */
#include "bw_binary_f32.h"

#include "bw_binary_real.h"

void bw_binary_f32(const bw_binary_f32_params *p, const float *input_1, const float *input_2, float *output) {
    bw_binary_rows_real(p->operation, p->shape, p->stride_1, p->stride_2, p->low, p->high, input_1, input_2, output);
}
