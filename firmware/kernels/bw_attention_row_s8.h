/* What a query of attention of int8 sees, and the row of its scores as outputs (bw_attention.h). */
#ifndef BW_ATTENTION_ROW_S8_H
#define BW_ATTENTION_ROW_S8_H

#include "bw_attend_s8.h"
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

/* `values` are those of the keys from `first` on, of which a query sees `count`; scores[0..count - 1] are sums of
 * products. Scratch: value_depth sums of int32 and keys weights of int16. */
static inline void bw_attention_row_s8(const bw_attention_params *p, int32_t head, int32_t token, int32_t first,
                                       int32_t count, const int8_t *values, int8_t *output, int32_t *scores,
                                       int32_t *scratch) {
    int32_t *const sums = scratch;
    int16_t *const weights = (int16_t *)(sums + p->value_depth);
    bw_attention_bias(p, p->weighing.shift, head, token, first, count, scores);
    int32_t zeros;
    const uint32_t total = bw_attention_weights(&p->weighing, scores, count, weights);
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    bw_attend_values_s8(weights, values, p->value.token_stride, count, p->value_depth, sums);
    bw_attention_mean_s8(&p->mean, sums, p->value_depth, factor, 61 - BW_ATTENTION_FRACTION_S8 - zeros, output);
}

#endif /* BW_ATTENTION_ROW_S8_H */
