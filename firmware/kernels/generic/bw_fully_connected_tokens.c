/* Portable fully connected layer on token-wise rows. */
#include "bw_fully_connected_tokens.h"

#include "bw_inner_s8.h"

void bw_fully_connected_tokens(const bw_fully_connected_tokens_params *p, const int8_t *input, const int16_t *scales,
                               void *output) {
    const bw_token_layer *const layer = &p->layer;
    for (int32_t row = 0; row < layer->rows; ++row) {
        const int8_t *weights = layer->weights;
        for (int32_t unit = 0; unit < layer->units; ++unit) {
            const int32_t sum = bw_inner_s8(input, weights, layer->depth, 0);
            bw_token_store(layer, unit, (int64_t)sum * scales[row] + layer->bias[unit], output, row * layer->units);
            weights += layer->depth;
        }
        input += layer->depth;
    }
}
