/* Portable inner loops of attention of int8: four keys, or eight elements of the values, at a time. */
#include "bw_attend_s8.h"

#include "bw_attend_keys.h"

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    bw_attend_keys(query, zero_point, keys, stride, count, depth, scores);
}

static void eight_values(const int16_t *weights, const int16_t *end, const int8_t *values, int32_t stride,
                         int32_t *sums) {
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
    for (; weights < end; ++weights, values += stride) {
        const int32_t w = *weights;
        if (w == 0) {
            continue;
        }
        s0 += w * values[0], s1 += w * values[1], s2 += w * values[2], s3 += w * values[3];
        s4 += w * values[4], s5 += w * values[5], s6 += w * values[6], s7 += w * values[7];
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
    sums[4] = s4, sums[5] = s5, sums[6] = s6, sums[7] = s7;
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 8; depth -= 8, values += 8, sums += 8) {
        eight_values(weights, weights + count, values, stride, sums);
    }
    for (; depth > 0; --depth, ++values) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums++ = sum;
    }
}
