/* What attention of int8 and int16 shares; bit for bit converter/ops/attending.py.
 *
 * Layout: element (token, head, i) of an operand lies at token * token_stride + head * head_stride + i, batches one
 * after the other. `group` heads of queries share one head of keys and values.
 * Query i sees keys i + offset - before .. i + offset + after, those of them that exist and whose bias is not
 * INT32_MIN; at least one (proven on the host).
 * A row: its scores s in logarithms to base 2 (`multiplier`, `left`), weights 32767 * 2^-(largest - s) shifted right by
 * `drop` - 1 more, the weighted mean of the values with 22 (int8) or 14 (int16) bits of fraction, the output's grid.
 * Ranges: scores and biases within 2^29; limit << left within 2^32; sums of weights below 2^32, of weighted values
 * within int32 (int8) or int64 (int16).
 */
#ifndef BW_ATTENTION_H
#define BW_ATTENTION_H

#include "bw_fixedpoint.h"

typedef struct {
    int32_t token_stride, head_stride, batch_stride;
} bw_attention_walk;

/* From sums of products to weights. */
typedef struct {
    int32_t shift; /* of a sum to a score: left if positive, -32..20 */
    int32_t limit; /* scores this much below the largest weigh nothing */
    int32_t left;  /* 0..31 */
    uint32_t multiplier;
    int32_t drop; /* 1..4 */
} bw_attention_weighing;

/* From weighted sums to outputs. */
typedef struct {
    int32_t reduce; /* sums of int16 are shifted right by this first, rounded */
    int32_t value_zero_point, multiplier, shift, zero_point;
} bw_attention_mean;

typedef struct {
    int32_t batches, heads, group, queries, keys, depth, value_depth;
    int32_t heads_first; /* 1: rows are in the order of heads, then tokens; 0: tokens, then heads */
    bw_attention_walk query, key, value, output;
    int32_t before, after, offset;
    const int32_t *bias; /* at head * bias_head + query * bias_query + key * bias_key + bias_start; NULL without */
    int32_t bias_head, bias_query, bias_key, bias_start;
    int32_t query_zero_point;
    bw_attention_weighing weighing;
    bw_attention_mean mean;
} bw_attention_params;

/* Element (batch, token, head, 0) of an operand. */
static inline int32_t bw_attention_at(const bw_attention_walk *walk, int32_t batch, int32_t token, int32_t head) {
    return batch * walk->batch_stride + token * walk->token_stride + head * walk->head_stride;
}

/* Scores to int16 weights; those of INT32_MIN weigh nothing. Returns the weights' sum, at least 1. */
uint32_t bw_attention_weights(const bw_attention_weighing *p, const int32_t *scores, int32_t count, int16_t *weights);

/* Of one query: shifts `count` sums of products with the keys from `first` on to the left (to the right if negative),
 * and adds their biases. */
void bw_attention_bias(const bw_attention_params *p, int32_t shift, int32_t head, int32_t query, int32_t first,
                       int32_t count, int32_t *scores);

/* 1 / total = result * 2^(*zeros - 61) for totals from 1 on; relative error below 2^-28. */
int32_t bw_attention_reciprocal(uint32_t total, int32_t *zeros);

/* A weighted sum of values as an output before its clamp; fraction 22 (int8) or 14 (int16), by = 61 - fraction -
 * reduce - zeros. */
static inline int32_t bw_attention_mean_of(const bw_attention_mean *p, int32_t sum, int32_t factor, int32_t by,
                                           int32_t fraction) {
    const int32_t mean = (int32_t)(((int64_t)sum * factor + (INT64_C(1) << (by - 1))) >> by);
    return bw_requantize_double(mean - p->value_zero_point * (INT32_C(1) << fraction), p->multiplier, p->shift) +
           p->zero_point;
}

#endif /* BW_ATTENTION_H */
