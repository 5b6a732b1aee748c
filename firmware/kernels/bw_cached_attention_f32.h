/* Causal attention with a ring of the past that is kept in float32. */
#ifndef BW_CACHED_ATTENTION_F32_H
#define BW_CACHED_ATTENTION_F32_H

#include "bw_cached_attention_real_params.h"

typedef bw_cached_attention_real_params bw_cached_attention_f32_params;

void bw_cached_attention_f32(const bw_cached_attention_f32_params *p, const float *query, const float *key,
                             const float *value, float *output, float *keys, float *values, int32_t *position,
                             void *scratch);

#endif /* BW_CACHED_ATTENTION_F32_H */
