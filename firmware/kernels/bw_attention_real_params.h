/* Attention in float: softmax(scale * Q K^T + bias) V of every head, one row of scores at a time; bit for bit
 * converter/ops/floating/attention.py.
 *
 * Layout: element (token, head, i) of an operand lies at token * token_stride + head * head_stride + i, batches one
 * after the other. `group` heads of queries share one head of keys and values. Query i sees keys i + offset - before ..
 * i + offset + after, those of them that exist and whose bias is above -1e30; at least one. The output may run in place
 * of the queries where both have one layout.
 * Scratch: a float for each key and for each element of a value, of which float16 takes whole eights. Cost: pairs of
 * queries and keys that see each other times depth + value_depth products, and an exponential per pair.
 */
#ifndef BW_ATTENTION_REAL_PARAMS_H
#define BW_ATTENTION_REAL_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t token_stride, head_stride, batch_stride;
} bw_attention_real_walk;

typedef struct {
    int32_t batches, heads, group, queries, keys, depth, value_depth;
    int32_t heads_first; /* 1: rows are in the order of heads, then tokens; 0: tokens, then heads */
    bw_attention_real_walk query, key, value, output;
    int32_t before, after, offset;
    float scale;
    const float *bias; /* at head * bias_head + query * bias_query + key * bias_key + bias_start; NULL without */
    int32_t bias_head, bias_query, bias_key, bias_start;
} bw_attention_real_params;

#endif /* BW_ATTENTION_REAL_PARAMS_H */
