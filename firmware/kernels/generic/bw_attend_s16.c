/* Portable inner loops of attention of int16. */
#include "bw_attend_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        int64_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * keys[i];
        }
        scores[j] = (int32_t)(sum >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        int64_t sum = (INT64_C(1) << shift) >> 1;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride + i];
        }
        sums[i] = (int32_t)(sum >> shift);
    }
}
