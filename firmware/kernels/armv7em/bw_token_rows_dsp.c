#include "bw_token_rows_dsp.h"

#include <stddef.h>

#include "bw_block_s8.h"
#include "bw_fixedpoint.h"
#include "bw_token_outputs.h"

#define ROWS 4

/* One unit of `count` rows, the first of them number `row`; the sums are every other word. All that rows share is held
 * in locals, since an output might be any of it to the compiler. */
static void store(const bw_token_layer *p, const int32_t *acc, int32_t unit, int32_t row, int32_t count,
                  const int16_t *scales, void *output) {
    const int32_t multiplier = p->multiplier[unit], right = p->right[unit], units = p->units;
    const int32_t low = p->low, high = p->high, bytes = p->output_bytes;
    const int64_t offset = p->offset[unit];
    int32_t at = row * units + unit;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t factor = scales == NULL ? multiplier : multiplier * scales[row + i];
        const int32_t value = bw_clamp(bw_token_output(acc[2 * i], factor, offset, right), low, high);
        if (bytes == 1) {
            ((int8_t *)output)[at] = (int8_t)value;
        } else {
            ((int16_t *)output)[at] = (int16_t)value;
        }
        at += units;
    }
}

void bw_token_rows_dsp(const bw_token_layer *p, const int8_t *input, const int16_t *scales, void *output,
                       void *scratch) {
    const int32_t quads = p->depth / 4;
    uint32_t *const pairs = scratch;
    for (int32_t row = 0; row < p->rows; row += ROWS) {
        const int32_t count = p->rows - row < ROWS ? p->rows - row : ROWS;
        /* Behind the last row it stands again, and gives sums that are not used. */
        for (int32_t i = 0; i < ROWS; ++i) {
            bw_widen_s8(input + (row + (i < count ? i : 0)) * p->taps, p->taps, pairs + i, ROWS);
        }
        const int8_t *weights = p->weights;
        for (int32_t unit = 0; unit < p->units; unit += 2) {
            int32_t acc[2 * ROWS] = {0};
            bw_block_2x4_s8(weights, pairs, quads, acc);
            store(p, acc, unit, row, count, scales, output);
            if (unit + 1 < p->units) {
                store(p, acc + 1, unit + 1, row, count, scales, output);
            }
            weights += 8 * quads;
        }
    }
}
