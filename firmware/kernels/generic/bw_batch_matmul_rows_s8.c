/* Products of rows of int8: a query with all keys at a time. */
#include "bw_batch_matmul_rows_s8.h"

#include "bw_attend_s8.h"
#include "bw_requantize_run_s8.h"

static void multiply(const bw_batch_matmul_rows_s8_params *p, const int8_t *query, const int8_t *keys, int8_t *output,
                     int32_t *sums) {
    int8_t *const run = (int8_t *)(sums + p->keys), *const copy = run + p->keys;
    for (int32_t i = 0; i < p->queries; ++i) {
        const int8_t *row = query;
        int32_t minus = 0;
        if (p->query_step != 1) {
            for (int32_t k = 0; k < p->depth; ++k) {
                copy[k] = query[k * p->query_step];
            }
            row = copy;
        }
        if (p->key_zero_point != 0) {
            for (int32_t k = 0; k < p->depth; ++k) {
                minus += row[k];
            }
            minus = (minus - p->depth * p->query_zero_point) * p->key_zero_point;
        }
        bw_attend_scores_s8(row, p->query_zero_point, keys, p->key_stride, p->keys, p->depth, sums);
        int8_t *const to = p->output_key == 1 ? output : run;
        bw_requantize_run_s8(sums, p->keys, minus, p->multiplier, p->shift, p->output_zero_point, to);
        for (int32_t j = 0; j < p->keys && p->output_key != 1; ++j) {
            output[j * p->output_key] = run[j];
        }
        query += p->query_stride;
        output += p->output_query;
    }
}

void bw_batch_matmul_rows_s8(const bw_batch_matmul_rows_s8_params *p, const int8_t *query, const int8_t *key,
                             int8_t *output, void *scratch) {
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
