/* Causal attention with a ring of the past that starts empty in float32. */
#include "bw_cached_attention_whole_f32.h"

#include "bw_cached_attention_real.h"

void bw_cached_attention_whole_f32(const bw_cached_attention_whole_f32_params *p, const float *query, const float *key,
                                   const float *value, float *output, void *scratch) {
    bw_cached_attention_whole_real(p, query, key, value, output, scratch);
}
