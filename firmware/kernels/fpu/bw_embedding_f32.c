/* Rows of a table by index in float32. */
#include "bw_embedding_f32.h"

#include "bw_embedding_real.h"

void bw_embedding_f32(const bw_embedding_f32_params *p, const void *indices, float *output) {
    bw_embedding_real(p, indices, output);
}
