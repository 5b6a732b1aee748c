/* Layer norm or RMS norm of rows in float16. */
#include "bw_normalize_f16.h"

#define BW_HALF
#include "bw_normalize_real.h"

void bw_normalize_f16(const bw_normalize_f16_params *p, const uint16_t *input, uint16_t *output) {
    bw_normalize_real(p, input, output);
}
