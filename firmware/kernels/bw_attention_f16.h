/* Attention in float16. */
#ifndef BW_ATTENTION_F16_H
#define BW_ATTENTION_F16_H

#include "bw_attention_real_params.h"

typedef bw_attention_real_params bw_attention_f16_params;

void bw_attention_f16(const bw_attention_f16_params *p, const uint16_t *query, const uint16_t *key,
                      const uint16_t *value, uint16_t *output, void *scratch);

#endif /* BW_ATTENTION_F16_H */
