/* Attention of int16: softmax(scale * Q K^T + bias) V of every head, one row of scores at a time.
 *
 * Layout, arithmetic, parameters and ranges: bw_attention.h. The output may run in place of the queries where both have
 * one layout. Scratch: keys scores of int32, value_depth sums of int32, keys weights of int16.
 * Cost: pairs of queries and keys that see each other times depth + value_depth MACs, and an exponential per pair.
 */
#ifndef BW_ATTENTION_S16_H
#define BW_ATTENTION_S16_H

#include "bw_attention.h"

typedef bw_attention_params bw_attention_s16_params;

void bw_attention_s16(const bw_attention_s16_params *p, const int16_t *query, const int16_t *key, const int16_t *value,
                      int16_t *output, void *scratch);

#endif /* BW_ATTENTION_S16_H */
