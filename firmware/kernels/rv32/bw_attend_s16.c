/* Inner loops of attention of int16: two products at a time in 32 bits. */
#include "bw_attend_s16.h"

#include "bw_attend_split_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    bw_attend_split_keys(query, keys, stride, count, depth, shift, scores);
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    bw_attend_split_values(weights, values, stride, count, depth, shift, sums);
}
