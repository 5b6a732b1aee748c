/* Mean over axes in float16. */
#include "bw_mean_f16.h"

#define BW_HALF
#include "bw_sliding_real.h"

void bw_mean_f16(const bw_mean_f16_params *p, const uint16_t *input, uint16_t *output) {
    bw_mean_rows_real(p, input, output);
}
