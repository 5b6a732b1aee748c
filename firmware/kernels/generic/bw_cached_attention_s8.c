/* Portable attention of int8 with a ring of the past. */
#include "bw_cached_attention_s8.h"

static void centred(const int8_t *x, int32_t zero_point, int32_t count, int16_t *row) {
    for (int32_t i = 0; i < count; ++i) {
        row[i] = (int16_t)(x[i] - zero_point);
    }
}

void bw_cached_attention_s8(const bw_cached_attention_s8_params *p, const int8_t *query, const int8_t *key,
                            const int8_t *value, int8_t *output, void *keys, void *values, int16_t *scales,
                            int32_t *position, void *scratch) {
    const bw_cached_attention_ring ring = {keys, values, scales, position};
    int64_t *const sums = (int64_t *)(((uintptr_t)scratch + 7U) & ~(uintptr_t)7U);
    int32_t *const results = (int32_t *)(sums + p->value_depth) + p->context + 1;
    int16_t *const rows = (int16_t *)(results + p->value_depth) + p->context + 1;
    for (int32_t token = 0; token < p->tokens; ++token) {
        for (int32_t head = 0; head < p->heads; ++head) {
            centred(query, p->query_zero_point, p->depth, rows);
            centred(key, p->key_zero_point, p->depth, rows + p->depth);
            centred(value, p->value_zero_point, p->value_depth, rows + 2 * p->depth);
            bw_cached_attention_head(p, &ring, head, rows, sums, results);
            for (int32_t i = 0; i < p->value_depth; ++i) {
                output[i] = (int8_t)bw_clamp(results[i], INT8_MIN, INT8_MAX);
            }
            query += p->depth;
            key += p->depth;
            value += p->value_depth;
            output += p->value_depth;
        }
        bw_cached_attention_turn(p, position);
    }
}
