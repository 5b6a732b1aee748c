#include "bw_mean_s8_rvv.h"

#include "bw_rvv.h"

/* n channels of one row. */
static inline void channels(const bw_mean_s8_rvv_params *restrict p, const int8_t *input, size_t n, int8_t *output) {
    bw_words sum = bw_splat_words(p->input_offset, n);
    for (int32_t i = p->count; i > 0; --i) {
        sum = bw_mac(sum, 1, bw_load_bytes(input, n), n);
        input += p->channels;
    }
    sum = bw_multiply_high_by(sum, p->multiplier, n);
    if (p->right > 0) {
        sum = bw_round(bw_lower_negative(sum, n), p->right, n);
    }
    bw_store_bytes(output, bw_narrow(sum, p->output_zero_point, INT8_MIN, INT8_MAX, n), n);
}

void bw_mean_s8_rvv(const bw_mean_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    for (int32_t i = 0; i < p->outer; ++i) {
        for (int32_t channel = 0; channel < p->channels;) {
            const size_t n = bw_lanes(p->channels - channel);
            channels(p, input + channel, n, output + channel);
            channel += (int32_t)n;
        }
        input += p->count * p->channels;
        output += p->channels;
    }
}
