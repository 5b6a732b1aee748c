#include "bw_fully_connected_s16_dsp.h"

#include "bw_dsp.h"
#include "bw_fixedpoint.h"

/* Two taps of both units. */
static inline void pair(const int8_t *weights, uint32_t x, uint64_t *first, uint64_t *second) {
    const uint32_t word = bw_load32(weights);
    *first = bw_smlald(bw_sxtb16(word), x, *first);
    *second = bw_smlald(bw_sxtb16_ror8(word), x, *second);
}

static int16_t requantize(const bw_fully_connected_s16_dsp_params *p, int64_t acc, int32_t unit) {
    const int32_t value = bw_requantize_wide(acc + p->bias[unit], p->multiplier[unit], p->shift[unit]);
    return (int16_t)bw_clamp(value + p->output_zero_point, p->low, p->high);
}

void bw_fully_connected_s16_dsp(const bw_fully_connected_s16_dsp_params *p, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *weights = p->weights;
        for (int32_t unit = 0; unit < p->units; unit += 2) {
            const int16_t *x = input, *const fours = input + (p->depth & ~3), *const twos = input + (p->depth & ~1);
            uint64_t first = 0, second = 0;
            for (; x < fours; x += 4, weights += 8) {
                pair(weights, bw_load32(x), &first, &second);
                pair(weights + 4, bw_load32(x + 2), &first, &second);
            }
            for (; x < twos; x += 2, weights += 4) {
                pair(weights, bw_load32(x), &first, &second);
            }
            if (p->depth & 1) {
                pair(weights, (uint16_t)*x, &first, &second);
                weights += 4;
            }
            *output++ = requantize(p, (int64_t)first, unit);
            if (unit + 1 < p->units) {
                *output++ = requantize(p, (int64_t)second, unit + 1);
            }
        }
        input += p->depth;
    }
}
