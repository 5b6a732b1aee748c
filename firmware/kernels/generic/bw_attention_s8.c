/* Portable attention of int8. */
#include "bw_attention_s8.h"

#include "bw_attend_s8.h"
#include "bw_attention_row_s8.h"

static void row(const bw_attention_s8_params *p, int32_t batch, int32_t head, int32_t token, const int8_t *query,
                const int8_t *key, const int8_t *value, int8_t *output, int32_t *scores) {
    int32_t *const sums = scores + p->keys;
    int16_t *const weights = (int16_t *)(sums + p->value_depth);
    const int32_t first = bw_attention_first(p, token), count = bw_attention_end(p, token) - first;
    const int32_t shared = head / p->group;
    bw_attend_scores_s8(query + bw_attention_at(&p->query, batch, token, head), p->query_zero_point,
                        key + bw_attention_at(&p->key, batch, first, shared), p->key.token_stride, count, p->depth,
                        scores);
    bw_attention_bias(p, p->weighing.shift, head, token, first, count, scores);
    const uint32_t total = bw_attention_weights(&p->weighing, scores, count, weights);
    bw_attend_values_s8(weights, value + bw_attention_at(&p->value, batch, first, shared), p->value.token_stride, count,
                        p->value_depth, sums);
    bw_attention_row_outputs(p, sums, total, output + bw_attention_at(&p->output, batch, token, head));
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
