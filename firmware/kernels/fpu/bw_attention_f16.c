/* Attention in float16. */
#include "bw_attention_f16.h"

#define BW_HALF
#include "bw_attention_real.h"

void bw_attention_f16(const bw_attention_f16_params *p, const uint16_t *query, const uint16_t *key,
                      const uint16_t *value, uint16_t *output, void *scratch) {
    bw_attention_real(p, query, key, value, output, scratch);
}
