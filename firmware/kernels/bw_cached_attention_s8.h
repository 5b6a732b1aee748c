/* Causal attention of int8 with a ring of the past that is kept from one call to the next.
 *
 * Layout, ranges, overlap, scratch and cost: bw_cached_attention.h.
 */
#ifndef BW_CACHED_ATTENTION_S8_H
#define BW_CACHED_ATTENTION_S8_H

#include "bw_cached_attention.h"

typedef bw_cached_attention_params bw_cached_attention_s8_params;

void bw_cached_attention_s8(const bw_cached_attention_s8_params *p, const int8_t *query, const int8_t *key,
                            const int8_t *value, int8_t *output, void *keys, void *values, int16_t *scales,
                            int32_t *position, void *scratch);

#endif /* BW_CACHED_ATTENTION_S8_H */
