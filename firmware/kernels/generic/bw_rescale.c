/* Portable requantization. */
#include "bw_rescale.h"

#include "bw_fixedpoint.h"

static int32_t load(const void *data, int32_t bytes, int32_t i) {
    switch (bytes) {
    case 1:
        return ((const int8_t *)data)[i];
    case 2:
        return ((const int16_t *)data)[i];
    default:
        return ((const int32_t *)data)[i];
    }
}

static void store(void *data, int32_t bytes, int32_t i, int32_t value) {
    switch (bytes) {
    case 1:
        ((int8_t *)data)[i] = (int8_t)value;
        break;
    case 2:
        ((int16_t *)data)[i] = (int16_t)value;
        break;
    default:
        ((int32_t *)data)[i] = value;
        break;
    }
}

void bw_rescale(const bw_rescale_params *p, const void *input, void *output) {
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t x = load(input, p->input_bytes, i) - p->input_zero_point;
        const int32_t scaled = x >= 0 ? bw_requantize_double(x, p->multiplier, p->shift)
                                      : bw_requantize_double(x, p->negative_multiplier, p->negative_shift);
        store(output, p->output_bytes, i, bw_clamp(scaled + p->output_zero_point, p->low, p->high));
    }
}
