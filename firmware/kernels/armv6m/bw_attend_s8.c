/* Inner loops of attention for eight low registers: two keys, or four elements of the values, at a time. */
#include "bw_attend_s8.h"

static __attribute__((noinline)) void two_keys(const int8_t *query, int32_t minus, const int8_t *first,
                                               const int8_t *second, int32_t depth, int32_t *scores) {
    int32_t s0 = 0, s1 = 0;
    query += depth, first += depth, second += depth;
    for (int32_t i = -depth; i < 0; ++i) {
        const int32_t q = query[i] + minus;
        s0 += q * first[i];
        s1 += q * second[i];
    }
    scores[0] = s0;
    scores[1] = s1;
}

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    for (; count >= 2; count -= 2, keys += 2 * stride, scores += 2) {
        two_keys(query, -zero_point, keys, keys + stride, depth, scores);
    }
    if (count > 0) {
        int32_t twice[2];
        two_keys(query, -zero_point, keys, keys, depth, twice);
        *scores = twice[0];
    }
}

static __attribute__((noinline)) void four_values(const int16_t *weights, const int16_t *end, const int8_t *values,
                                                  int32_t stride, int32_t *sums) {
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; weights < end; ++weights, values += stride) {
        const int32_t w = *weights;
        if (w == 0) {
            continue;
        }
        s0 += w * values[0];
        s1 += w * values[1];
        s2 += w * values[2];
        s3 += w * values[3];
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 4; depth -= 4, values += 4, sums += 4) {
        four_values(weights, weights + count, values, stride, sums);
    }
    for (; depth > 0; --depth, ++values) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums++ = sum;
    }
}
