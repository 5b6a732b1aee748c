/* Causal attention with a ring of the past that is kept in float32. */
#include "bw_cached_attention_f32.h"

#include "bw_cached_attention_real.h"

void bw_cached_attention_f32(const bw_cached_attention_f32_params *p, const float *query, const float *key,
                             const float *value, float *output, float *keys, float *values, int32_t *position,
                             void *scratch) {
    bw_cached_attention_real(p, query, key, value, output, keys, values, position, scratch);
}
