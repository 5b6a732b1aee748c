/* What a query of attention of int8 sees, its scores as weights, and sums of values as outputs (bw_attention.h). */
#ifndef BW_ATTENTION_ROW_S8_H
#define BW_ATTENTION_ROW_S8_H

#include "bw_attention_mean_s8.h"

#define BW_ATTENTION_FRACTION_S8 22

/* The first key that a query sees, and the one behind the last. */
static inline int32_t bw_attention_first(const bw_attention_params *p, int32_t token) {
    const int32_t place = token + p->offset;
    return place > p->before ? place - p->before : 0;
}

static inline int32_t bw_attention_end(const bw_attention_params *p, int32_t token) {
    const int32_t place = token + p->offset;
    return place + p->after < p->keys ? place + p->after + 1 : p->keys;
}

/* Weights of the keys from `first` on, `count` of them, from sums of products: of those that a query does not see,
 * none. Returns their sum. */
static inline uint32_t bw_attention_row_weights(const bw_attention_params *p, int32_t head, int32_t token,
                                                int32_t first, int32_t count, int32_t *scores, int16_t *weights) {
    const int32_t before = bw_attention_first(p, token) - first, end = bw_attention_end(p, token) - first;
    for (int32_t j = 0; j < before; ++j) {
        weights[j] = 0;
    }
    for (int32_t j = end; j < count; ++j) {
        weights[j] = 0;
    }
    bw_attention_bias(p, p->weighing.shift, head, token, first + before, end - before, scores + before);
    return bw_attention_weights(&p->weighing, scores + before, end - before, weights + before);
}

/* Outputs from sums of values and of weights. */
static inline void bw_attention_row_outputs(const bw_attention_params *p, const int32_t *sums, uint32_t total,
                                            int8_t *output) {
    int32_t zeros;
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    bw_attention_mean_s8(&p->mean, sums, p->value_depth, factor, 61 - BW_ATTENTION_FRACTION_S8 - zeros, output);
}

#endif /* BW_ATTENTION_ROW_S8_H */
