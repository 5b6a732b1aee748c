/* Softmax of rows in float32. */
#include "bw_softmax_f32.h"

#include "bw_softmax_real.h"

void bw_softmax_f32(const bw_softmax_f32_params *p, const float *input, float *output, void *scratch) {
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_softmax_row_real(p->depth, p->beta, input, output, scratch);
        input += p->depth;
        output += p->depth;
    }
}
