/* Inner loops of attention of int16 (bw_attend_s16.h) where sums of 64 bits are dear: two products are added in 32
 * bits, as those of a query without -32768 allow, and their sum is kept as bw_ring_split.h states.
 */
#ifndef BW_ATTEND_SPLIT_S16_H
#define BW_ATTEND_SPLIT_S16_H

#include "bw_inner_s16.h"
#include "bw_ring_split.h"

/* Two keys. */
static inline void bw_attend_two_keys(const int16_t *query, const int16_t *key, int32_t stride, int32_t depth,
                                      int64_t *sums) {
    const int16_t *other = key + stride;
    int32_t high0 = 0, high1 = 0;
    uint32_t low0 = 0, low1 = 0;
    for (const int16_t *const end = query + (depth & ~1); query < end; query += 2, key += 2, other += 2) {
        const int32_t q = query[0], r = query[1];
        const int32_t pair0 = q * key[0] + r * key[1], pair1 = q * other[0] + r * other[1];
        low0 += (uint32_t)pair0, high0 += pair0 >> 16;
        low1 += (uint32_t)pair1, high1 += pair1 >> 16;
    }
    sums[0] = bw_ring_total(high0, low0);
    sums[1] = bw_ring_total(high1, low1);
    if (depth & 1) {
        sums[0] += *query * *key, sums[1] += *query * *other;
    }
}

static inline void bw_attend_split_keys(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count,
                                        int32_t depth, int32_t shift, int32_t *scores) {
    int32_t least = depth < 65536 ? 0 : INT16_MIN;
    for (int32_t i = 0; i < depth; ++i) {
        least = query[i] < least ? query[i] : least;
    }
    for (int64_t sums[2]; count >= 2 && least > INT16_MIN; count -= 2, keys += 2 * stride, scores += 2) {
        bw_attend_two_keys(query, keys, stride, depth, sums);
        scores[0] = (int32_t)(sums[0] >> shift), scores[1] = (int32_t)(sums[1] >> shift);
    }
    for (; count > 0; --count, keys += stride) {
        *scores++ = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

static inline void bw_attend_split_values(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count,
                                          int32_t depth, int32_t shift, int32_t *sums) {
    const int64_t half = (INT64_C(1) << shift) >> 1;
    for (int32_t some; depth > 0; depth -= some, values += some, sums += some) {
        int64_t wide[2] = {half, half};
        some = depth < 2 ? depth : 2;
        bw_ring_split_s16(weights, values, stride, count, some, wide);
        for (int32_t i = 0; i < some; ++i) {
            sums[i] = (int32_t)(wide[i] >> shift);
        }
    }
}

#endif /* BW_ATTEND_SPLIT_S16_H */
