#include "bw_fully_connected_s8_xcv.h"

#include <string.h>

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

/* The units beyond the last group of four. */
static void last_units(const bw_tile_channels_xcv *u, const int8_t *column, int32_t words, int8_t *output) {
    const int32_t packed = u->count & ~3;
    const int32_t *table = u->table + packed / 4 * bw_tile_table_xcv(u->mode);
    for (int32_t unit = packed; unit < u->count; ++unit, table += 3) {
        const int32_t acc = bw_dot_s8_xcv(u->weights + 4 * unit * words, column, words, table[0]);
        const int32_t value = bw_requantize_xcv(acc, table[1], table[2], u->output_zero_point);
        output[unit] = (int8_t)bw_clamp(value, u->low, u->high);
    }
}

/* Groups of four units: in pairs, and a last one. */
static void units(const bw_tile_channels_xcv *u, const int8_t *column, int32_t words, bw_share groups, int8_t *output) {
    const bw_share pairs = {groups.begin, groups.begin + ((groups.end - groups.begin) & ~1)};
    const bw_share last = {pairs.end, groups.end};
    bw_tile_xcv tile = bw_tile_of_xcv(u, pairs, 1, words);
    tile.rows = &column;
    tile.rows_end = &column + 1;
    tile.output = output + 4 * pairs.begin;
    if (pairs.end > pairs.begin) {
        bw_tile_8x1_s8_xcv(&tile);
    }
    if (last.end > last.begin) {
        tile = bw_tile_of_xcv(u, last, 1, words);
        tile.rows = &column;
        tile.rows_end = &column + 1;
        tile.output = output + 4 * last.begin;
        tile.tiles = 1;
        bw_tile_4x1_s8_xcv(&tile);
    }
}

void bw_fully_connected_s8_xcv(const bw_fully_connected_s8_xcv_params *p, const int8_t *input, int8_t *output,
                               void *scratch) {
    const int32_t words = (p->depth + 3) / 4;
    const bw_share groups = bw_share_of(p->units.count / 4);
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *column = input;
        if (4 * words != p->depth) {
            column = memcpy(bw_scratch_of(scratch, 4 * words), input, (size_t)p->depth); /* weights beyond are zero */
        }
        units(&p->units, column, words, groups, output);
        if (bw_core_id() == BW_CORES - 1) {
            last_units(&p->units, column, words, output);
        }
        input += p->depth;
        output += p->units.count;
    }
}
