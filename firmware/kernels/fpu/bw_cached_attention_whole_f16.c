/* Causal attention with a ring of the past that starts empty in float16. */
#include "bw_cached_attention_whole_f16.h"

#define BW_HALF
#include "bw_cached_attention_real.h"

void bw_cached_attention_whole_f16(const bw_cached_attention_whole_f16_params *p, const uint16_t *query,
                                   const uint16_t *key, const uint16_t *value, uint16_t *output, void *scratch) {
    bw_cached_attention_whole_real(p, query, key, value, output, scratch);
}
