/* Inner loops of attention on RVV: a key, or an element of the values, in every lane.
 *
 * Cost: 4 instructions per element of a query and vector of keys, 8 per value and vector of its elements.
 */
#include "bw_attend_s8.h"

#include "bw_rvv.h"

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    while (count > 0) {
        const size_t n = bw_lanes(count);
        bw_words sum = bw_splat_words(0, n);
        for (int32_t i = 0; i < depth; ++i) {
            sum = bw_mac_wide(sum, (int16_t)(query[i] - zero_point), bw_gather_bytes(keys + i, stride, n), n);
        }
        bw_store_words(scores, sum, n);
        scores += n;
        keys += (int32_t)n * stride;
        count -= (int32_t)n;
    }
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    while (depth > 0) {
        const size_t n = bw_lanes(depth);
        const int8_t *at = values;
        bw_words sum = bw_splat_words(0, n);
        for (int32_t j = 0; j < count; ++j, at += stride) {
            sum = bw_mac_wide(sum, weights[j], bw_load_bytes(at, n), n);
        }
        bw_store_words(sums, sum, n);
        sums += n;
        values += n;
        depth -= (int32_t)n;
    }
}
