/* Causal attention of int16 with a ring of the past that is kept from one call to the next.
 *
 * Layout, ranges, overlap, scratch and cost: bw_cached_attention.h.
 */
#ifndef BW_CACHED_ATTENTION_S16_H
#define BW_CACHED_ATTENTION_S16_H

#include "bw_cached_attention.h"

typedef bw_cached_attention_params bw_cached_attention_s16_params;

void bw_cached_attention_s16(const bw_cached_attention_s16_params *p, const int16_t *query, const int16_t *key,
                             const int16_t *value, int16_t *output, void *keys, void *values, int16_t *scales,
                             int32_t *position, void *scratch);

#endif /* BW_CACHED_ATTENTION_S16_H */
