/* Causal attention with a ring of the past that is kept in float16. */
#ifndef BW_CACHED_ATTENTION_F16_H
#define BW_CACHED_ATTENTION_F16_H

#include "bw_cached_attention_real_params.h"

typedef bw_cached_attention_real_params bw_cached_attention_f16_params;

void bw_cached_attention_f16(const bw_cached_attention_f16_params *p, const uint16_t *query, const uint16_t *key,
                             const uint16_t *value, uint16_t *output, uint16_t *keys, uint16_t *values,
                             int32_t *position, void *scratch);

#endif /* BW_CACHED_ATTENTION_F16_H */
