/* Inner loops of attention of int16 with SMLALD.
 *
 * Cost: 7 instructions per four products with a key, 17 per eight products with values.
 */
#include "bw_attend_s16.h"

#include "bw_attend_pairs_dsp.h"
#include "bw_inner_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        scores[j] = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    for (; depth >= 2; depth -= 2, values += 2, sums += 2) {
        int64_t two[2] = {(INT64_C(1) << shift) >> 1, (INT64_C(1) << shift) >> 1};
        bw_attend_two_dsp(weights, values, stride, count, two);
        sums[0] = (int32_t)(two[0] >> shift), sums[1] = (int32_t)(two[1] >> shift);
    }
    if (depth > 0) {
        int64_t sum = (INT64_C(1) << shift) >> 1;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums = (int32_t)(sum >> shift);
    }
}
