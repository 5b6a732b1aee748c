#include "bw_fully_connected_s8_xcv.h"

#include <string.h>

#include "bw_fixedpoint.h"
#include "bw_tile_s8_xcv.h"
#include "bw_xcv.h"

void bw_fully_connected_s8_xcv(const bw_fully_connected_s8_xcv_params *p, const int8_t *input, int8_t *output,
                               void *scratch) {
    const int32_t padded = (p->depth + 3) & ~3;
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *column = input;
        if (padded != p->depth) {
            column = memcpy(scratch, input, (size_t)p->depth); /* the weights beyond are zero */
        }
        bw_tile_xcv tile = {p->weights,  column, padded, p->units / 4,         p->bias, p->multiplier,
                            p->shift,    output, 0,      p->output_zero_point, p->low,  p->high,
                            p->rectified};
        if (tile.groups > 0) {
            bw_tile_4x1_s8_xcv(&tile);
        }
        for (int32_t unit = p->units & ~3; unit < p->units; ++unit) {
            const int32_t acc = bw_dot_s8_xcv(p->weights + unit * padded, column, padded, p->bias[unit]);
            const int32_t value = bw_requantize_xcv(acc, p->multiplier[unit], p->shift[unit], p->output_zero_point);
            output[unit] = (int8_t)bw_clamp(value, p->low, p->high);
        }
        input += p->depth;
        output += p->units;
    }
}
