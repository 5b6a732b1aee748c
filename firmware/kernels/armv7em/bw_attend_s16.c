/* Inner loops of attention of int16 with SMLALD.
 *
 * Cost: 7 instructions per four products with a key, 17 per eight products with values.
 */
#include "bw_attend_s16.h"

#include "bw_inner_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        scores[j] = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

/* Two elements of the values, two values at a time. */
static void two_values(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t shift,
                       int32_t *sums) {
    const int16_t *const pairs = weights + (count & ~1);
    uint64_t s0 = (UINT64_C(1) << shift) >> 1, s1 = s0;
    for (; weights < pairs; weights += 2, values += 2 * stride) {
        const uint32_t both = bw_load32(weights), a = bw_load32(values), b = bw_load32(values + stride);
        s0 = bw_smlald(both, bw_pkhbt(a, b), s0);
        s1 = bw_smlald(both, bw_pkhtb(a, b), s1);
    }
    if (count & 1) {
        s0 += (uint64_t)(int64_t)(*weights * values[0]);
        s1 += (uint64_t)(int64_t)(*weights * values[1]);
    }
    sums[0] = (int32_t)((int64_t)s0 >> shift);
    sums[1] = (int32_t)((int64_t)s1 >> shift);
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    for (; depth >= 2; depth -= 2, values += 2, sums += 2) {
        two_values(weights, values, stride, count, shift, sums);
    }
    if (depth > 0) {
        int64_t sum = (INT64_C(1) << shift) >> 1;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums = (int32_t)(sum >> shift);
    }
}
