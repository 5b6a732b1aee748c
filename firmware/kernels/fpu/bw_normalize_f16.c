/* Layer norm or RMS norm of rows in float16. */
#include "bw_normalize_f16.h"

#define BW_HALF
#include "bw_normalize_real.h"

void bw_normalize_f16(const bw_normalize_f16_params *p, const uint16_t *input, uint16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const float mean = p->centre ? bw_mean_real(input, p->depth, p->share) : 0.0f;
        const float root = bw_reciprocal_root_real(bw_power_real(input, p->depth, p->share, mean) + p->epsilon);
        for (int32_t i = 0; i < p->depth; ++i) {
            const float normal = (bw_load(input + i) - mean) * root;
            bw_store(output + i, bw_clamp(normal * p->gain[i] + p->bias[i], p->low, p->high));
        }
        input += p->depth;
        output += p->depth;
    }
}
