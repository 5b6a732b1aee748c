/* Portable fully connected layer on token-wise rows with outliers. */
#include "bw_fully_connected_split.h"

#include "bw_inner_s8.h"

void bw_fully_connected_split(const bw_fully_connected_split_params *p, const int8_t *input, const int16_t *scales,
                              const int16_t *aside, void *output) {
    const bw_token_layer *const layer = &p->layer;
    for (int32_t row = 0; row < layer->rows; ++row) {
        const int8_t *weights = layer->weights, *outlier_weights = p->outlier_weights;
        for (int32_t unit = 0; unit < layer->units; ++unit) {
            const int64_t inner = (int64_t)bw_inner_s8(input, weights, layer->depth, 0) * scales[row];
            int32_t outer = 0;
            for (int32_t i = 0; i < p->outliers; ++i) {
                outer += aside[i] * *outlier_weights++;
            }
            /* Multiplied, not shifted, as both may be negative. */
            const int64_t sum = inner * (INT64_C(1) << p->left[unit]) + outer * (INT64_C(1) << p->outlier_left[unit]);
            bw_token_store(layer, unit, sum + layer->bias[unit], output, row * layer->units);
            weights += layer->depth;
        }
        input += layer->depth;
        aside += p->outliers;
    }
}
