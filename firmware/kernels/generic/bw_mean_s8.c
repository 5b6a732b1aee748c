/* Portable mean and sum. */
#include "bw_mean_s8.h"

#include "bw_fixedpoint.h"

void bw_mean_s8(const bw_mean_s8_params *p, const int8_t *input, int8_t *output) {
    int32_t kept[BW_REDUCE_DIMENSIONS] = {0}, at = 0;
    do {
        int32_t reduced[BW_REDUCE_DIMENSIONS] = {0}, from = at;
        int32_t sum = p->input_offset;
        do {
            sum += input[from];
        } while (bw_reduce_next(p->loops.reduced_count, p->loops.reduced_stride, reduced, &from));
        const int32_t value = bw_requantize_double(sum, p->multiplier, p->shift) + p->output_zero_point;
        *output++ = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
    } while (bw_reduce_next(p->loops.kept_count, p->loops.kept_stride, kept, &at));
}
