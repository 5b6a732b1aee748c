/* Attention in float with a ring of the past; bw_cached_attention_real_params.h states layout, scratch and cost. */
#ifndef BW_CACHED_ATTENTION_REAL_H
#define BW_CACHED_ATTENTION_REAL_H

#include "bw_attend_real.h"
#include "bw_cached_attention_real_params.h"

/* One head of a token; the ring holds the tokens before it. */
static inline void bw_cached_head_real(const bw_cached_attention_real_params *p, int32_t head, const bw_real *query,
                                       const bw_real *key, const bw_real *value, bw_real *output, const bw_real *keys,
                                       const bw_real *values, const int32_t position[2], float *scores) {
    const int32_t place = position[0], count = position[1];
    const int32_t row = p->heads * p->depth, value_row = p->heads * p->value_depth;
    float *const sums = scores + p->context + 1;
    bw_attend_scores_real(query, keys + head * p->depth, row, count, p->depth, p->scale, scores);
    bw_attend_scores_real(query, key, row, 1, p->depth, p->scale, scores + count);
    for (int32_t i = 0; i <= count; ++i) {
        const int32_t age = i == count ? 0 : i < place ? place - i : place - i + p->context;
        scores[i] = bw_attend_score_real(p->slopes ? scores[i] - p->slopes[head] * (float)age : scores[i]);
    }
    float inverse;
    const bw_real *const weights = bw_attend_weights_real(scores, count + 1, &inverse);
    const bw_values_real past = {values + head * p->value_depth, value, value_row, count, 0};
    bw_attend_clear_real(sums, bw_attend_room_real(p->value_depth));
    bw_attend_sums_real(weights, &past, p->value_depth, sums);
    bw_attend_means_real(sums, inverse, p->value_depth, output);
}

static inline void bw_cached_attention_real(const bw_cached_attention_real_params *p, const bw_real *query,
                                            const bw_real *key, const bw_real *value, bw_real *output, bw_real *keys,
                                            bw_real *values, int32_t position[2], void *scratch) {
    const int32_t row = p->heads * p->depth, value_row = p->heads * p->value_depth;
    for (int32_t token = 0; token < p->tokens; ++token) {
        for (int32_t head = 0; head < p->heads; ++head) {
            const int32_t at = head * p->depth, value_at = head * p->value_depth;
            bw_cached_head_real(p, head, query + at, key + at, value + value_at, output + value_at, keys, values,
                                position, (float *)scratch);
        }
        memcpy(keys + position[0] * row, key, (uint32_t)row * sizeof *keys);
        memcpy(values + position[0] * value_row, value, (uint32_t)value_row * sizeof *values);
        position[0] = position[0] + 1 == p->context ? 0 : position[0] + 1;
        position[1] = position[1] < p->context ? position[1] + 1 : p->context;
        query += row;
        key += row;
        value += value_row;
        output += value_row;
    }
}

/* From an empty ring, in the scratch. */
static inline void bw_cached_attention_whole_real(const bw_cached_attention_real_params *p, const bw_real *query,
                                                  const bw_real *key, const bw_real *value, bw_real *output,
                                                  void *scratch) {
    int32_t *const position =
        (int32_t *)(void *)((float *)scratch + p->context + 1 + bw_attend_room_real(p->value_depth));
    bw_real *const keys = (bw_real *)(void *)(position + 2), *const values = keys + p->context * p->heads * p->depth;
    position[0] = 0;
    position[1] = 0;
    bw_cached_attention_real(p, query, key, value, output, keys, values, position, scratch);
}

#endif /* BW_CACHED_ATTENTION_REAL_H */
