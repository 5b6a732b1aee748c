/* Attention of int8, three queries at a time, for cores that multiply one pair of numbers at a time.
 *
 * Layout, arithmetic, parameters and ranges: bw_attention.h; at least two queries. The output may run in place of the
 * queries where both have one layout, exactly there unless heads come first: three queries are read before the first
 * of their outputs is written. Scratch: 2 * depth woven words, and for three queries keys scores of int32, value_depth
 * sums of int32 and keys weights of int16 each.
 * Cost: bw_attention_s8.h; products as bw_attend_threes_s8.c states.
 */
#ifndef BW_ATTENTION_S8_THREES_H
#define BW_ATTENTION_S8_THREES_H

#include "bw_attention.h"

typedef bw_attention_params bw_attention_s8_threes_params;

void bw_attention_s8_threes(const bw_attention_s8_threes_params *p, const int8_t *query, const int8_t *key,
                            const int8_t *value, int8_t *output, void *scratch);

#endif /* BW_ATTENTION_S8_THREES_H */
