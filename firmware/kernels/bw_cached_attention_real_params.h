/* Causal attention in float to a ring of the tokens before and the present one; bit for bit
 * converter/ops/floating/cached_attention.py.
 *
 * Layout: queries, keys, values and output [tokens][heads][depth]. The ring: keys and values [context][heads][depth] in
 * the same type, position: where the next token goes, and how many there are. All zeros is an empty ring.
 * Overlap: the output in place of the queries, where depths agree. Scratch: a float for each of context + 1 tokens and
 * for each element of a head's value; where the ring is not kept, two int32 and the ring behind them. Cost of a token:
 * heads * tokens of the ring * (depth + value_depth) products, and an exponential for each head and token of the ring.
 */
#ifndef BW_CACHED_ATTENTION_REAL_PARAMS_H
#define BW_CACHED_ATTENTION_REAL_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t tokens, heads, depth, value_depth, context;
    float scale;
    const float *slopes; /* [heads]: what a score loses with every token of age; NULL without */
} bw_cached_attention_real_params;

#endif /* BW_CACHED_ATTENTION_REAL_PARAMS_H */
