/* Portable normalization of int16 by mean absolute deviation. */
#include "bw_mad_norm_s16.h"

void bw_mad_norm_s16(const bw_mad_norm_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t r = 0; r < p->rows; ++r) {
        int32_t total = 0;
        uint64_t deviation = 0;
        for (int32_t i = 0; i < p->depth; ++i) {
            total += input[i] - p->input_zero_point;
        }
        for (int32_t i = 0; i < p->depth; ++i) {
            const int64_t d = bw_mad_norm_d(p, total, input[i]);
            deviation += (uint64_t)(d < 0 ? -d : d);
        }
        const bw_mad_norm_row row = bw_mad_norm_begin(total, deviation);
        for (int32_t i = 0; i < p->depth; ++i) {
            output[i] = (int16_t)bw_clamp(bw_mad_norm_value(p, row, i, input[i]), INT16_MIN, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
