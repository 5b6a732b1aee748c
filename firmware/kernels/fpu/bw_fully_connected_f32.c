/* Fully connected layer in float32. */
#include "bw_fully_connected_f32.h"

#include "bw_fully_connected_real.h"

void bw_fully_connected_f32(const bw_fully_connected_f32_params *p, const float *input, float *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        bw_fully_connected_real(p->units, p->depth, p->weights, p->scale, p->bias, p->low, p->high, input, output);
        input += p->depth;
        output += p->units;
    }
}
