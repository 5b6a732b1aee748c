/* Products of two matrices per batch in float16. */
#include "bw_batch_matmul_f16.h"

#define BW_HALF
#include "bw_batch_matmul_real.h"

void bw_batch_matmul_f16(const bw_batch_matmul_f16_params *p, const uint16_t *input_1, const uint16_t *input_2,
                         uint16_t *output) {
    bw_batch_matmul_real(p, input_1, input_2, output);
}
