/* Softmax of rows in float16. */
#include "bw_softmax_f16.h"

#define BW_HALF
#include "bw_softmax_real.h"

void bw_softmax_f16(const bw_softmax_f16_params *p, const uint16_t *input, uint16_t *output, void *scratch) {
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_softmax_row_real(p->depth, p->beta, input, output, scratch);
        input += p->depth;
        output += p->depth;
    }
}
