/* Rows of a table by index in float32. */
#ifndef BW_EMBEDDING_F32_H
#define BW_EMBEDDING_F32_H

#include "bw_embedding_real_params.h"

typedef bw_embedding_real_params bw_embedding_f32_params;

void bw_embedding_f32(const bw_embedding_f32_params *p, const void *indices, float *output);

#endif /* BW_EMBEDDING_F32_H */
