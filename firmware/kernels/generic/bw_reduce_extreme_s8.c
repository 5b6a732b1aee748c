/* Portable maximum and minimum. */
#include "bw_reduce_extreme_s8.h"

void bw_reduce_extreme_s8(const bw_reduce_extreme_s8_params *p, const int8_t *input, int8_t *output) {
    int32_t kept[BW_REDUCE_DIMENSIONS] = {0}, at = 0;
    do {
        int32_t reduced[BW_REDUCE_DIMENSIONS] = {0}, from = at;
        int32_t best = input[from];
        do {
            const int32_t value = input[from];
            best = (value - best) * p->sign > 0 ? value : best;
        } while (bw_reduce_next(p->loops.reduced_count, p->loops.reduced_stride, reduced, &from));
        *output++ = (int8_t)best;
    } while (bw_reduce_next(p->loops.kept_count, p->loops.kept_stride, kept, &at));
}
