/* Weights of scores of attention (bw_attention.h) in C. */
#ifndef BW_ATTENTION_WEIGHT_H
#define BW_ATTENTION_WEIGHT_H

#include "bw_attention.h"
#include "bw_attention_lines.h"
#include "bw_high_word.h"

/* Of one score that is `below` the largest. */
static inline uint32_t bw_attention_weight(uint32_t below, int32_t left, uint32_t multiplier, int32_t drop) {
    const uint32_t exponent = bw_high_word(below << left, multiplier);
    const uint32_t line = bw_attention_lines[(exponent >> 10) & 63U];
    const uint32_t entry = (line >> 16) - (((line & 0xFFFFU) * (exponent & 1023U) + 512U) >> 10);
    return ((entry >> ((exponent >> 16) + (uint32_t)drop - 1U)) + 1U) >> 1;
}

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

/* The weights of scores up to `largest`, of which those of INT32_MIN are looked for where `hidden`. */
static inline uint32_t bw_attention_weigh_below(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                                int32_t largest, int hidden, int16_t *weights) {
    const uint32_t limit = (uint32_t)p->limit, multiplier = p->multiplier;
    const int32_t left = p->left, drop = p->drop;
    uint16_t *to = (uint16_t *)weights;
    uint32_t total = 0;
    for (const int32_t *const end = scores + count; scores < end; ++scores) {
        const uint32_t below = (uint32_t)largest - (uint32_t)*scores;
        uint32_t value = 0;
        if (below < limit && !(hidden && *scores == INT32_MIN)) {
            value = bw_attention_weight(below, left, multiplier, drop);
            total += value;
        }
        *to++ = (uint16_t)value;
    }
    return total;
}

#endif /* BW_ATTENTION_WEIGHT_H */
