/* Weights of attention from a row of scores (bw_attention.h): the sum of them.
 *
 * Cost: two passes; 30 instructions per score on a Cortex-M4.
 */
#ifndef BW_ATTENTION_WEIGH_H
#define BW_ATTENTION_WEIGH_H

#include "bw_attention_weight.h"

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    const int32_t largest = bw_attention_largest(scores, count);
    /* INT32_MIN is mostly as far below as what weighs nothing. */
    if ((uint32_t)largest - (uint32_t)INT32_MIN >= (uint32_t)p->limit) {
        return bw_attention_weigh_below(p, scores, count, largest, 0, weights);
    }
    return bw_attention_weigh_below(p, scores, count, largest, 1, weights);
}

#endif /* BW_ATTENTION_WEIGH_H */
