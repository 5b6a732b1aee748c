#include "bw_attention_s8_pairs.h"

#include "bw_attend_pairs_s8.h"
#include "bw_attention_row_s8.h"

/* A token of a head and the next one; the last token may be taken twice. */
static void pair(const bw_attention_params *p, int32_t batch, int32_t head, int32_t token, const int8_t *query,
                 const int8_t *key, const int8_t *value, int8_t *output, uint32_t *words) {
    int32_t *const scores = (int32_t *)(words + p->depth), *const sums = scores + 2 * p->keys;
    int16_t *const weights = (int16_t *)(sums + 2 * p->value_depth);
    const int32_t next = token + 1 < p->queries ? token + 1 : token, shared = head / p->group;
    const int32_t first = bw_attention_first(p, token), count = bw_attention_end(p, next) - first;
    const int32_t tokens[2] = {token, next};
    bw_attend_pair_words(query + bw_attention_at(&p->query, batch, token, head),
                         query + bw_attention_at(&p->query, batch, next, head), p->query_zero_point, p->depth, words);
    bw_attend_pair_scores_s8(words, key + bw_attention_at(&p->key, batch, first, shared), p->key.token_stride, count,
                             p->depth, scores, p->keys);
    uint32_t totals[2];
    for (int32_t i = 0; i < 2; ++i) {
        totals[i] =
            bw_attention_row_weights(p, head, tokens[i], first, count, scores + i * p->keys, weights + i * p->keys);
    }
    bw_attend_pair_values_s8(weights, p->keys, value + bw_attention_at(&p->value, batch, first, shared),
                             p->value.token_stride, count, p->value_depth, sums);
    for (int32_t i = 0; i < 2; ++i) {
        bw_attention_row_outputs(p, sums + i * p->value_depth, totals[i],
                                 output + bw_attention_at(&p->output, batch, tokens[i], head));
    }
}

void bw_attention_s8_pairs(const bw_attention_s8_pairs_params *p, const int8_t *query, const int8_t *key,
                           const int8_t *value, int8_t *output, void *scratch) {
    const int32_t outer = p->heads_first ? p->heads : 1, inner = p->heads_first ? 1 : p->heads;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t i = 0; i < outer; ++i) {
            for (int32_t token = 0; token < p->queries; token += 2) {
                for (int32_t j = 0; j < inner; ++j) {
                    pair(p, batch, i + j, token, query, key, value, output, scratch);
                }
            }
        }
    }
}
