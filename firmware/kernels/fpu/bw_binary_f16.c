/* Two tensors element by element in float16. */
#include "bw_binary_f16.h"

#define BW_HALF
#include "bw_binary_real.h"

void bw_binary_f16(const bw_binary_f16_params *p, const uint16_t *input_1, const uint16_t *input_2, uint16_t *output) {
    bw_binary_rows_real(p->operation, p->shape, p->stride_1, p->stride_2, p->low, p->high, input_1, input_2, output);
}
