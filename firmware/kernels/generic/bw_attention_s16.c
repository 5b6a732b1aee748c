/* Portable attention of int16. */
#include "bw_attention_s16.h"

#include "bw_attend_s16.h"

#define FRACTION 14

static void row(const bw_attention_s16_params *p, int32_t batch, int32_t head, int32_t token, const int16_t *query,
                const int16_t *key, const int16_t *value, int16_t *output, int32_t *scores) {
    int32_t *const sums = scores + p->keys;
    int16_t *const weights = (int16_t *)(sums + p->value_depth);
    const int32_t place = token + p->offset;
    const int32_t first = place > p->before ? place - p->before : 0;
    const int32_t end = place + p->after < p->keys ? place + p->after + 1 : p->keys;
    const int32_t count = end - first, shared = head / p->group;
    key += bw_attention_at(&p->key, batch, first, shared);
    value += bw_attention_at(&p->value, batch, first, shared);
    output += bw_attention_at(&p->output, batch, token, head);
    const int32_t down = p->weighing.shift < 0 ? -p->weighing.shift : 0;
    bw_attend_scores_s16(query + bw_attention_at(&p->query, batch, token, head), key, p->key.token_stride, count,
                         p->depth, down, scores);
    bw_attention_bias(p, p->weighing.shift + down, head, token, first, count, scores);
    int32_t zeros;
    const uint32_t total = bw_attention_weights(&p->weighing, scores, count, weights);
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    const int32_t by = 61 - FRACTION - zeros - p->mean.reduce;
    bw_attend_values_s16(weights, value, p->value.token_stride, count, p->value_depth, p->mean.reduce, sums);
    for (int32_t i = 0; i < p->value_depth; ++i) {
        const int32_t result = bw_attention_mean_of(&p->mean, sums[i], factor, by, FRACTION);
        output[i] = (int16_t)bw_clamp(result, INT16_MIN, INT16_MAX);
    }
}

void bw_attention_s16(const bw_attention_s16_params *p, const int16_t *query, const int16_t *key, const int16_t *value,
                      int16_t *output, void *scratch) {
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
