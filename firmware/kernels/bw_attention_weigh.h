/* Weights of attention from a row of scores (bw_attention.h): the sum of them.
 *
 * Cost: two passes; 30 instructions per score on a Cortex-M4.
 */
#ifndef BW_ATTENTION_WEIGH_H
#define BW_ATTENTION_WEIGH_H

#include "bw_attention_weight.h"

/* The largest score, four at a time. */
static inline int32_t bw_attention_largest(const int32_t *scores, int32_t count) {
    int32_t largest = INT32_MIN;
    for (const int32_t *const fours = scores + (count & ~3); scores < fours; scores += 4) {
        const int32_t a = scores[0] > scores[1] ? scores[0] : scores[1];
        const int32_t b = scores[2] > scores[3] ? scores[2] : scores[3];
        const int32_t most = a > b ? a : b;
        largest = most > largest ? most : largest;
    }
    for (const int32_t *const end = scores + (count & 3); scores < end; ++scores) {
        largest = *scores > largest ? *scores : largest;
    }
    return largest;
}

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    const int32_t largest = bw_attention_largest(scores, count), left = p->left, drop = p->drop;
    const uint32_t limit = (uint32_t)p->limit, multiplier = p->multiplier;
    uint16_t *to = (uint16_t *)weights;
    uint32_t total = 0;
    for (const int32_t *const end = scores + count; scores < end; ++scores) {
        const uint32_t below = (uint32_t)largest - (uint32_t)*scores;
        uint32_t value = 0;
        if (below < limit && *scores != INT32_MIN) {
            value = bw_attention_weight(below, left, multiplier, drop);
            total += value;
        }
        *to++ = (uint16_t)value;
    }
    return total;
}

#endif /* BW_ATTENTION_WEIGH_H */
