/* Portable fully connected layer from int8 to int16. */
#include "bw_fully_connected_s8_s16.h"

#include "bw_inner_s8.h"

void bw_fully_connected_s8_s16(const bw_fully_connected_s8_s16_params *p, const int8_t *input, void *output) {
    const bw_token_layer *const layer = &p->layer;
    for (int32_t row = 0; row < layer->rows; ++row) {
        const int8_t *weights = layer->weights;
        for (int32_t unit = 0; unit < layer->units; ++unit) {
            const int32_t sum = bw_inner_s8(input, weights, layer->depth, 0);
            bw_token_store(layer, unit, sum + layer->bias[unit], output, row * layer->units);
            weights += layer->depth;
        }
        input += layer->depth;
    }
}
