/* Rows of a table by index in float16. */
#include "bw_embedding_f16.h"

#define BW_HALF
#include "bw_embedding_real.h"

void bw_embedding_f16(const bw_embedding_f16_params *p, const void *indices, uint16_t *output) {
    bw_embedding_real(p, indices, output);
}
