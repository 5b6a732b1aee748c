/* Inner loops of attention of int16 with SMLAL: two keys, or four elements of the values, at a time. */
#include "bw_attend_s16.h"

#include "bw_inner_s16.h"
#include "bw_ring_sums.h"

static void two_keys(const int16_t *query, const int16_t *key, int32_t stride, int32_t depth, int64_t *sums) {
    const int16_t *other = key + stride;
    int64_t s0 = 0, s1 = 0;
    for (const int16_t *const end = query + depth; query < end; ++query) {
        const int64_t q = *query;
        s0 += q * *key++, s1 += q * *other++;
    }
    sums[0] = s0, sums[1] = s1;
}

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int64_t sums[2]; count >= 2; count -= 2, keys += 2 * stride, scores += 2) {
        two_keys(query, keys, stride, depth, sums);
        scores[0] = (int32_t)(sums[0] >> shift), scores[1] = (int32_t)(sums[1] >> shift);
    }
    if (count > 0) {
        *scores = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    const int64_t half = (INT64_C(1) << shift) >> 1;
    for (int32_t some; depth > 0; depth -= some, values += some, sums += some) {
        int64_t wide[4] = {half, half, half, half};
        some = depth < 4 ? depth : 4;
        bw_ring_wide_s16(weights, values, stride, count, some, wide);
        for (int32_t i = 0; i < some; ++i) {
            sums[i] = (int32_t)(wide[i] >> shift);
        }
    }
}
