/* Inner loops of attention of int16 on Helium.
 *
 * Cost: 4 instructions per eight products with a key, 5 per eight products with values, which are gathered, and some 20
 * per key or element.
 */
#include "bw_attend_s16.h"

#include "bw_attend_element_mve.h"
#include "bw_inner_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        scores[j] = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] =
            (int32_t)(bw_attend_element_mve(weights, values + i, stride, count, (INT64_C(1) << shift) >> 1) >> shift);
    }
}
