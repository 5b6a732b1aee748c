#include "bw_mean_s8_xcv.h"

#include "bw_cores.h"
#include "bw_fixedpoint.h"
#include "bw_sums_s8_xcv.h"

void bw_mean_s8_xcv(const bw_mean_s8_xcv_params *p, const int8_t *input, int8_t *output) {
    const bw_share fours = bw_share_of(p->channels / 4);
    for (int32_t outer = 0; outer < p->outer; ++outer) {
        for (int32_t c = 4 * fours.begin; c < 4 * fours.end; c += 4) {
            int32_t sums[4];
            bw_sums_s8_xcv(input + c, 1, p->count, 0, p->channels, sums);
            for (int32_t i = 0; i < 4; ++i) {
                const int32_t value = bw_requantize_double(sums[i] + p->input_offset, p->multiplier, p->shift);
                output[c + i] = (int8_t)bw_clamp(value + p->output_zero_point, -128, 127);
            }
        }
        input += p->count * p->channels;
        output += p->channels;
    }
}
