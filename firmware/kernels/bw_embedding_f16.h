/* Rows of a table by index in float16. */
#ifndef BW_EMBEDDING_F16_H
#define BW_EMBEDDING_F16_H

#include "bw_embedding_real_params.h"

typedef bw_embedding_real_params bw_embedding_f16_params;

void bw_embedding_f16(const bw_embedding_f16_params *p, const void *indices, uint16_t *output);

#endif /* BW_EMBEDDING_F16_H */
