/* Products of rows of int16: a query with all keys at a time. */
#include "bw_batch_matmul_rows_s16.h"

#include "bw_fixedpoint.h"
#include "bw_inner_s16.h"

static int64_t product(const int16_t *query, const int16_t *key, int32_t step, int32_t depth) {
    if (step == 1) {
        return bw_inner_s16(query, key, depth);
    }
    int64_t sum = 0;
    for (int32_t k = 0; k < depth; ++k) {
        sum += query[k] * key[k * step];
    }
    return sum;
}

static void multiply(const bw_batch_matmul_rows_s16_params *p, const int16_t *query, const int16_t *keys,
                     int16_t *output, int16_t *copy) {
    for (int32_t i = 0; i < p->queries; ++i) {
        const int16_t *row = query, *key = keys;
        if (p->query_step != 1) {
            for (int32_t k = 0; k < p->depth; ++k) {
                copy[k] = query[k * p->query_step];
            }
            row = copy;
        }
        int16_t *to = output;
        for (int32_t j = 0; j < p->keys; ++j) {
            const int64_t sum = product(row, key, p->key_step, p->depth);
            *to = (int16_t)bw_clamp(bw_requantize_wide(sum, p->multiplier, p->shift), INT16_MIN, INT16_MAX);
            key += p->key_stride;
            to += p->output_key;
        }
        query += p->query_stride;
        output += p->output_query;
    }
}

void bw_batch_matmul_rows_s16(const bw_batch_matmul_rows_s16_params *p, const int16_t *query, const int16_t *key,
                              int16_t *output, void *scratch) {
    for (int32_t i = 0; i < p->batches[0]; ++i) {
        for (int32_t j = 0; j < p->batches[1]; ++j) {
            for (int32_t k = 0; k < p->batches[2]; ++k) {
                multiply(p, query + bw_batch_matmul_at(p->query_batch, i, j, k),
                         key + bw_batch_matmul_at(p->key_batch, i, j, k), output, scratch);
                output += p->queries * p->keys;
            }
        }
    }
}
