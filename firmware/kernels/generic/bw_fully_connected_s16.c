/* Portable 16x8 fully connected layer. */
#include "bw_fully_connected_s16.h"

#include "bw_fixedpoint.h"

void bw_fully_connected_s16(const bw_fully_connected_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *weights = p->weights;
        for (int32_t unit = 0; unit < p->units; ++unit) {
            int64_t acc = p->bias[unit];
            for (int32_t k = 0; k < p->depth; ++k) {
                acc += (int64_t)(input[k] - p->input_zero_point) * *weights++;
            }
            const int32_t value = bw_requantize_s16(acc, p->multiplier[unit], p->shift[unit], p->wide);
            *output++ = (int16_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
        }
        input += p->depth;
    }
}
