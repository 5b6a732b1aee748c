/* Portable inner loops of attention of int8: four keys, or eight elements of the values, at a time. */
#include "bw_attend_s8.h"

#define KEYS(i)                                                                                                        \
    do {                                                                                                               \
        const int32_t q = query[i] - zero_point;                                                                       \
        s0 += q * k0[i], s1 += q * k1[i], s2 += q * k2[i], s3 += q * k3[i];                                            \
    } while (0)

static void four_keys(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t depth,
                      int32_t *scores) {
    const int8_t *k0 = keys, *k1 = k0 + stride, *k2 = k1 + stride, *k3 = k2 + stride;
    const int8_t *const whole = query + (depth & ~3), *const end = query + depth;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; query < whole; query += 4, k0 += 4, k1 += 4, k2 += 4, k3 += 4) {
        KEYS(0);
        KEYS(1);
        KEYS(2);
        KEYS(3);
    }
    for (; query < end; ++query, ++k0, ++k1, ++k2, ++k3) {
        KEYS(0);
    }
    scores[0] = s0, scores[1] = s1, scores[2] = s2, scores[3] = s3;
}

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    for (; count >= 4; count -= 4, keys += 4 * stride, scores += 4) {
        four_keys(query, zero_point, keys, stride, depth, scores);
    }
    for (; count > 0; --count, keys += stride) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += (query[i] - zero_point) * keys[i];
        }
        *scores++ = sum;
    }
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
