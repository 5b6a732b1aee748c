/* Layer norm or RMS norm of rows in float32. */
#include "bw_normalize_f32.h"

#include "bw_normalize_real.h"

void bw_normalize_f32(const bw_normalize_f32_params *p, const float *input, float *output) {
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
