/* Portable fully connected layer. */
#include "bw_fully_connected_s8.h"

void bw_fully_connected_s8(const bw_fully_connected_s8_params *p, const int8_t *input, int8_t *output, void *scratch) {
    (void)scratch;
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_dot_s8(&p->dot, input, output);
        input += p->dot.depth;
        output += p->dot.channels;
    }
}
