/* The weight of one score of attention (bw_attention.h) that is `below` the largest. */
#ifndef BW_ATTENTION_WEIGHT_H
#define BW_ATTENTION_WEIGHT_H

#include "bw_attention.h"
#include "bw_attention_lines.h"
#include "bw_high_word.h"

static inline uint32_t bw_attention_weight(uint32_t below, int32_t left, uint32_t multiplier, int32_t drop) {
    const uint32_t exponent = bw_high_word(below << left, multiplier);
    const uint32_t line = bw_attention_lines[(exponent >> 10) & 63U];
    const uint32_t entry = (line >> 16) - (((line & 0xFFFFU) * (exponent & 1023U) + 512U) >> 10);
    return ((entry >> ((exponent >> 16) + (uint32_t)drop - 1U)) + 1U) >> 1;
}

#endif /* BW_ATTENTION_WEIGHT_H */
