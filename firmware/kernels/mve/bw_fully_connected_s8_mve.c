#include "bw_fully_connected_s8_mve.h"

void bw_fully_connected_s8_mve(const bw_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output) {
    const bw_block_s8_mve *block = &p->block;
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_block_4x1_s8_mve(block, input, output);
        input += block->depth;
        output += block->out_c;
    }
}
