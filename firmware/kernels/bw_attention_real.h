/* Attention in float; bw_attention_real_params.h states layout, scratch and cost. */
#ifndef BW_ATTENTION_REAL_H
#define BW_ATTENTION_REAL_H

#include "bw_attend_real.h"
#include "bw_attention_real_params.h"

/* Element (batch, token, head, 0) of an operand. */
static inline int32_t bw_attention_at_real(const bw_attention_real_walk *walk, int32_t batch, int32_t token,
                                           int32_t head) {
    return batch * walk->batch_stride + token * walk->token_stride + head * walk->head_stride;
}

static inline void bw_attention_row_real(const bw_attention_real_params *p, int32_t batch, int32_t head, int32_t token,
                                         const bw_real *query, const bw_real *key, const bw_real *value,
                                         bw_real *output, float *scores) {
    const int32_t place = token + p->offset, shared = head / p->group;
    const int32_t first = place > p->before ? place - p->before : 0;
    const int32_t end = place + p->after < p->keys ? place + p->after + 1 : p->keys, count = end - first;
    float *const sums = scores + p->keys;
    bw_attend_scores_real(query + bw_attention_at_real(&p->query, batch, token, head),
                          key + bw_attention_at_real(&p->key, batch, first, shared), p->key.token_stride, count,
                          p->depth, p->scale, scores);
    const int32_t start = head * p->bias_head + token * p->bias_query + first * p->bias_key + p->bias_start;
    for (int32_t i = 0; i < count; ++i) {
        const float bias = p->bias ? p->bias[start + i * p->bias_key] : 0.0f;
        scores[i] = bias <= -BW_MOST_SCORE ? 2.0f * bias : bw_attend_score_real(p->bias ? scores[i] + bias : scores[i]);
    }
    float inverse;
    const bw_real *const weights = bw_attend_weights_real(scores, count, &inverse);
    const bw_values_real values = {value + bw_attention_at_real(&p->value, batch, first, shared), 0,
                                   p->value.token_stride, count, first};
    bw_attend_clear_real(sums, bw_attend_room_real(p->value_depth));
    bw_attend_sums_real(weights, &values, p->value_depth, sums);
    bw_attend_means_real(sums, inverse, p->value_depth, output + bw_attention_at_real(&p->output, batch, token, head));
}

static inline void bw_attention_real(const bw_attention_real_params *p, const bw_real *query, const bw_real *key,
                                     const bw_real *value, bw_real *output, void *scratch) {
    const int32_t outer = p->heads_first ? p->heads : p->queries, inner = p->heads_first ? p->queries : p->heads;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        /* In the order of memory, so that the output may follow the queries. */
        for (int32_t i = 0; i < outer; ++i) {
            for (int32_t j = 0; j < inner; ++j) {
                const int32_t head = p->heads_first ? i : j, token = p->heads_first ? j : i;
                bw_attention_row_real(p, batch, head, token, query, key, value, output, (float *)scratch);
            }
        }
    }
}

#endif /* BW_ATTENTION_REAL_H */
