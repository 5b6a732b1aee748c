/* 16x8 fully connected layer, a few rows and sixteen units at a time. */
#include "bw_fully_connected_s16_tile.h"

#include "bw_finish_wide_s16.h"
#include "bw_tile_s16.h"

#define UNITS BW_TILE_SUMS

/* All units of the columns, of which `count` are written. */
static void columns_of(const bw_fully_connected_s16_tile_params *p, const void *columns, int32_t count,
                       int16_t *output) {
    const int8_t *weights = p->weights;
    for (int32_t unit = 0; unit < p->units; unit += UNITS) {
        int32_t sums[BW_TILE_COLUMNS * BW_TILE_SUMS];
        const int32_t left = p->units - unit, some = left < UNITS ? left : UNITS;
        for (int32_t i = 0; i < some; i += p->group, weights += p->group * p->depth) {
            bw_tile_s16(weights, columns, p->depth, p->bias + unit + i, sums + i);
        }
        for (int32_t column = 0; column < count; ++column) {
            bw_finish_wide_s16(sums + column * BW_TILE_SUMS, p->multiplier + unit, p->right + unit, some, p->low,
                               p->high, output + column * p->units + unit);
        }
    }
}

void bw_fully_connected_s16_tile(const bw_fully_connected_s16_tile_params *p, const int16_t *input, int16_t *output,
                                 void *scratch) {
    for (int32_t left = p->rows; left > 0; left -= p->columns) {
        const int32_t count = left < p->columns ? left : p->columns;
        const int16_t *from[BW_TILE_COLUMNS];
        for (int32_t column = 0; column < BW_TILE_COLUMNS; ++column) {
            from[column] = input + (column < count ? column : 0) * p->taps;
        }
        bw_tile_columns_s16(from, p->taps, p->depth, scratch);
        columns_of(p, scratch, count, output);
        input += count * p->taps;
        output += count * p->units;
    }
}
