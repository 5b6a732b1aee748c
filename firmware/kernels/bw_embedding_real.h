/* Rows of an int8 table by index into float; bw_embedding_real_params.h states layout and cost. */
#ifndef BW_EMBEDDING_REAL_H
#define BW_EMBEDDING_REAL_H

#include "bw_embedding_real_params.h"
#include "bw_real.h"

static inline int32_t bw_index_real(const bw_embedding_real_params *p, const void *indices, int32_t i) {
    const int32_t index = p->index_bytes == 1   ? ((const int8_t *)indices)[i]
                          : p->index_bytes == 2 ? ((const int16_t *)indices)[i]
                                                : ((const int32_t *)indices)[i];
    return index < 0 ? 0 : index < p->rows ? index : p->rows - 1;
}

static inline void bw_embedding_real(const bw_embedding_real_params *p, const void *indices, bw_real *output) {
    for (int32_t i = 0; i < p->count; ++i) {
        const int32_t row = bw_index_real(p, indices, i);
        const int8_t *const values = p->table + row * p->depth;
        for (int32_t j = 0; j < p->depth; ++j) {
            bw_keep(output + j, (float)values[j] * p->scale[row]);
        }
        output += p->depth;
    }
}

#endif /* BW_EMBEDDING_REAL_H */
