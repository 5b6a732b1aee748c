#include "bw_mean_s8_dsp.h"

#include "bw_fixedpoint.h"
#include "bw_sums_s8.h"

void bw_mean_s8_dsp(const bw_mean_s8_dsp_params *p, const int8_t *input, int8_t *output) {
    for (int32_t outer = 0; outer < p->outer; ++outer) {
        for (int32_t c = 0; c < p->channels; c += 4) {
            const bw_sums none = {0, 0}, sums = bw_add_pixels(none, input + c, p->count, p->channels);
            for (int32_t i = 0; i < 4; ++i) {
                const int32_t sum = bw_sum_of(sums, i) + p->input_offset;
                const int32_t value = bw_requantize_double(sum, p->multiplier, p->shift) + p->output_zero_point;
                output[c + i] = (int8_t)bw_ssat8(value);
            }
        }
        input += p->count * p->channels;
        output += p->channels;
    }
}
