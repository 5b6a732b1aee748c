/* Inner loops of attention of int16: values, two products at a time in 32 bits; more than one key does not fit the
 * registers. */
#include "bw_attend_s16.h"

#include "bw_attend_split_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        scores[j] = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    bw_attend_split_values(weights, values, stride, count, depth, shift, sums);
}
