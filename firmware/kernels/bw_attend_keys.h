/* Products of one query with many keys in C, four keys at a time. */
#ifndef BW_ATTEND_KEYS_H
#define BW_ATTEND_KEYS_H

#include <stdint.h>

#define BW_KEYS(i)                                                                                                     \
    do {                                                                                                               \
        const int32_t q = query[i] - zero_point;                                                                       \
        s0 += q * k0[i], s1 += q * k1[i], s2 += q * k2[i], s3 += q * k3[i];                                            \
    } while (0)

static inline void bw_attend_four_keys(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride,
                                       int32_t depth, int32_t *scores) {
    const int8_t *k0 = keys, *k1 = k0 + stride, *k2 = k1 + stride, *k3 = k2 + stride;
    const int8_t *const whole = query + (depth & ~3), *const end = query + depth;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; query < whole; query += 4, k0 += 4, k1 += 4, k2 += 4, k3 += 4) {
        BW_KEYS(0);
        BW_KEYS(1);
        BW_KEYS(2);
        BW_KEYS(3);
    }
    for (; query < end; ++query, ++k0, ++k1, ++k2, ++k3) {
        BW_KEYS(0);
    }
    scores[0] = s0, scores[1] = s1, scores[2] = s2, scores[3] = s3;
}

static inline void bw_attend_keys(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride,
                                  int32_t count, int32_t depth, int32_t *scores) {
    for (; count >= 4; count -= 4, keys += 4 * stride, scores += 4) {
        bw_attend_four_keys(query, zero_point, keys, stride, depth, scores);
    }
    for (; count > 0; --count, keys += stride) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += (query[i] - zero_point) * keys[i];
        }
        *scores++ = sum;
    }
}

#endif /* BW_ATTEND_KEYS_H */
