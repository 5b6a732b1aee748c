/* Attention in float32. */
#ifndef BW_ATTENTION_F32_H
#define BW_ATTENTION_F32_H

#include "bw_attention_real_params.h"

typedef bw_attention_real_params bw_attention_f32_params;

void bw_attention_f32(const bw_attention_f32_params *p, const float *query, const float *key, const float *value,
                      float *output, void *scratch);

#endif /* BW_ATTENTION_F32_H */
