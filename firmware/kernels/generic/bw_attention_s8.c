/* Portable attention of int8. */
#include "bw_attention_s8.h"

#include "bw_attend_s8.h"
#include "bw_attention_mean_s8.h"

#define FRACTION 22

static void row(const bw_attention_s8_params *p, int32_t batch, int32_t head, int32_t token, const int8_t *query,
                const int8_t *key, const int8_t *value, int8_t *output, int32_t *scores) {
    int32_t *const sums = scores + p->keys;
    int16_t *const weights = (int16_t *)(sums + p->value_depth);
    const int32_t place = token + p->offset;
    const int32_t first = place > p->before ? place - p->before : 0;
    const int32_t end = place + p->after < p->keys ? place + p->after + 1 : p->keys;
    const int32_t count = end - first, shared = head / p->group;
    key += bw_attention_at(&p->key, batch, first, shared);
    value += bw_attention_at(&p->value, batch, first, shared);
    output += bw_attention_at(&p->output, batch, token, head);
    bw_attend_scores_s8(query + bw_attention_at(&p->query, batch, token, head), p->query_zero_point, key,
                        p->key.token_stride, count, p->depth, scores);
    bw_attention_bias(p, p->weighing.shift, head, token, first, count, scores);
    int32_t zeros;
    const uint32_t total = bw_attention_weights(&p->weighing, scores, count, weights);
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    bw_attend_values_s8(weights, value, p->value.token_stride, count, p->value_depth, sums);
    bw_attention_mean_s8(&p->mean, sums, p->value_depth, factor, 61 - FRACTION - zeros, output);
}

void bw_attention_s8(const bw_attention_s8_params *p, const int8_t *query, const int8_t *key, const int8_t *value,
                     int8_t *output, void *scratch) {
    const int32_t outer = p->heads_first ? p->heads : p->queries, inner = p->heads_first ? p->queries : p->heads;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        /* In the order of memory, so that the output may follow the queries. */
        for (int32_t i = 0; i < outer; ++i) {
            for (int32_t j = 0; j < inner; ++j) {
                const int32_t head = p->heads_first ? i : j, token = p->heads_first ? j : i;
                row(p, batch, head, token, query, key, value, output, scratch);
            }
        }
    }
}
