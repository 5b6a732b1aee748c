/* Causal attention to the present token and a ring of the tokens before it; bit for bit
 * converter/ops/cached_attention.py.
 *
 * Layout: queries, keys, values and output [tokens][heads][depth]. The ring: keys and values [context][heads][depth] of
 * 16, 8 or 4 bits (two in a byte, the first in the low half), scales [context][2][heads] of keys and values (16 bits:
 * unused), position: where the next token goes, and how many there are. All zeros is an empty ring.
 * Ranges: `x - zero_point` within int16; a product of a query with a key of the ring within int32; scales 1..32767.
 * Overlap: the output in place of the queries, where depths agree.
 * Scratch, from a multiple of 8 bytes in it, in this order: int64 sums [value_depth], int32 scores [context + 1], int32
 * results [value_depth], int16 weights [context + 1], int16 rows [2 * depth + value_depth]. Cost of a token: heads *
 * tokens of the ring * (depth + value_depth) MACs, of which those with values are of 64 bits, and 2 divisions for each
 * element of keys and values that goes into a ring of 8 or 4 bits.
 */
#ifndef BW_CACHED_ATTENTION_H
#define BW_CACHED_ATTENTION_H

#include "bw_attention.h"

typedef struct {
    int32_t tokens, heads, depth, value_depth, context;
    int32_t bits;      /* of the ring: 16, 8 or 4 */
    int32_t past_only; /* 1: the present token is not rounded to the ring */
    int32_t step;      /* bits of fraction of the ring's values */
    int32_t fraction;  /* of the mean */
    int32_t query_zero_point, key_zero_point, value_zero_point;
    const int32_t *bias; /* [heads][context + 1] by age; NULL without */
    bw_attention_weighing weighing;
    bw_attention_mean mean;
} bw_cached_attention_params;

/* The ring, wherever it is kept. */
typedef struct {
    void *keys, *values;
    int16_t *scales;
    int32_t *position;
} bw_cached_attention_ring;

/* One head of a token: rows [query: depth][key: depth][value: value_depth] less their zero points; the output before
 * its clamp goes to `output` [value_depth]. `sums` starts the scratch. The token goes into slot position[0] of the
 * ring. */
void bw_cached_attention_head(const bw_cached_attention_params *p, const bw_cached_attention_ring *ring, int32_t head,
                              const int16_t *rows, int64_t *sums, int32_t *output);

/* After all heads of a token. */
static inline void bw_cached_attention_turn(const bw_cached_attention_params *p, int32_t *position) {
    position[0] = position[0] + 1 == p->context ? 0 : position[0] + 1;
    position[1] = position[1] < p->context ? position[1] + 1 : p->context;
}

#endif /* BW_CACHED_ATTENTION_H */
