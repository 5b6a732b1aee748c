/* Fully connected layer in float16. */
#include "bw_fully_connected_f16.h"

#define BW_HALF
#include "bw_fully_connected_real.h"

void bw_fully_connected_f16(const bw_fully_connected_f16_params *p, const uint16_t *input, uint16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_fully_connected_real(p->units, p->depth, p->weights, p->scale, p->bias, p->low, p->high, input, output);
        input += p->depth;
        output += p->units;
    }
}
