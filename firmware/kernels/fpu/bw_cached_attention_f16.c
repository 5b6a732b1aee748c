/* Causal attention with a ring of the past that is kept in float16. */
#include "bw_cached_attention_f16.h"

#define BW_HALF
#include "bw_cached_attention_real.h"

void bw_cached_attention_f16(const bw_cached_attention_f16_params *p, const uint16_t *query, const uint16_t *key,
                             const uint16_t *value, uint16_t *output, uint16_t *keys, uint16_t *values,
                             int32_t *position, void *scratch) {
    bw_cached_attention_real(p, query, key, value, output, keys, values, position, scratch);
}
