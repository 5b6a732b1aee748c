#include "bw_fully_connected_s8_dsp.h"

#include "bw_block_s8.h"
#include "bw_dsp.h"
#include "bw_fixedpoint.h"

static int8_t requantize(const bw_fully_connected_s8_dsp_params *p, int32_t acc, int32_t unit) {
    const int32_t value = bw_requantize_dsp(acc, p->multiplier[unit], p->right[unit]) + p->output_zero_point;
    return (int8_t)bw_clamp(value, p->low, p->high);
}

void bw_fully_connected_s8_dsp(const bw_fully_connected_s8_dsp_params *p, const int8_t *input, int8_t *output,
                               void *scratch) {
    const int32_t quads = (p->depth + 3) / 4;
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *weights = p->weights;
        bw_widen_s8(input, p->depth, scratch, 1);
        for (int32_t unit = 0; unit < p->units; unit += 2) {
            int32_t acc[2] = {p->bias[unit], p->bias[unit + 1]};
            bw_block_2x1_s8(weights, scratch, quads, acc);
            *output++ = requantize(p, acc[0], unit);
            if (unit + 1 < p->units) {
                *output++ = requantize(p, acc[1], unit + 1);
            }
            weights += 8 * quads;
        }
        input += p->depth;
    }
}
