/* Portable mean and sum. */
#include "bw_mean_s16.h"

#include "bw_fixedpoint.h"

void bw_mean_s16(const bw_mean_s16_params *p, const int16_t *input, int16_t *output) {
    int32_t kept[BW_REDUCE_DIMENSIONS] = {0}, at = 0;
    do {
        int32_t reduced[BW_REDUCE_DIMENSIONS] = {0}, from = at;
        int32_t sum = p->input_offset;
        do {
            sum += input[from];
        } while (bw_reduce_next(p->loops.reduced_count, p->loops.reduced_stride, reduced, &from));
        const int32_t value = bw_requantize_double(sum, p->multiplier, p->shift) + p->output_zero_point;
        *output++ = (int16_t)bw_clamp(value, INT16_MIN, INT16_MAX);
    } while (bw_reduce_next(p->loops.kept_count, p->loops.kept_stride, kept, &at));
}
