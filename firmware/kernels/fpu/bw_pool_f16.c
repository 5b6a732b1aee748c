/* Average or largest of a window in float16. */
#include "bw_pool_f16.h"

#define BW_HALF
#include "bw_sliding_real.h"

void bw_pool_f16(const bw_pool_f16_params *p, const uint16_t *input, uint16_t *output) {
    bw_pool_real(p, input, output);
}
