/* Portable look-up of rows. */
#include "bw_embedding.h"

#include <string.h>

#include "bw_fixedpoint.h"

static int32_t index_at(const void *indices, int32_t bytes, int32_t i) {
    if (bytes == 1) {
        return ((const int8_t *)indices)[i];
    }
    return bytes == 2 ? ((const int16_t *)indices)[i] : ((const int32_t *)indices)[i];
}

void bw_embedding(const bw_embedding_params *p, const void *indices, void *output) {
    int8_t *to = output;
    for (int32_t i = 0; i < p->count; ++i, to += p->bytes) {
        const int32_t row = bw_clamp(index_at(indices, p->index_bytes, i), 0, p->rows - 1);
        memcpy(to, p->table + row * p->bytes, (size_t)p->bytes);
    }
}
