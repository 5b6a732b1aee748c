/* Attention in float32. */
#include "bw_attention_f32.h"

#include "bw_attention_real.h"

void bw_attention_f32(const bw_attention_f32_params *p, const float *query, const float *key, const float *value,
                      float *output, void *scratch) {
    bw_attention_real(p, query, key, value, output, scratch);
}
