/* Portable inner loops of attention of int8. */
#include "bw_attend_s8.h"

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += (query[i] - zero_point) * keys[i];
        }
        scores[j] = sum;
    }
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] = 0;
    }
    for (int32_t j = 0; j < count; ++j, values += stride) {
        const int32_t weight = weights[j];
        if (weight != 0) {
            for (int32_t i = 0; i < depth; ++i) {
                sums[i] += weight * values[i];
            }
        }
    }
}
