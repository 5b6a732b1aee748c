/* Portable tiles of the weights of recurrent layers. */
#include "bw_recurrent_tiling_s8.h"

#include "bw_recurrent_parts_s8.h"
#include "bw_stream.h"

static int32_t projected_rows(const bw_recurrent_s8_params *p) { return p->projection.weights ? p->hidden : 0; }

/* Where the tile ends that begins with a row; a GRU computes its last rows apart. */
static int32_t bw_recurrent_tile_end_s8(const bw_recurrent_s8_params *p, int32_t row) {
    const int32_t gates = p->gates * p->cells, size = row < gates ? p->tile_rows : p->tile_projected;
    int32_t end = row < gates ? gates : gates + projected_rows(p);
    if (p->gates == 3 && row < 2 * p->cells) {
        end = 2 * p->cells;
    }
    return row + size < end ? row + size : end;
}

static void start_tile(const bw_recurrent_s8_params *p, const bw_recurrent_stream *s, int32_t row) {
    const int32_t inputs = bw_recurrent_padded(p->inputs), hidden = bw_recurrent_padded(p->hidden);
    const int32_t rows = bw_recurrent_tile_end_s8(p, row) - row;
    int8_t *const tile = s->tiles[s->place];
    if (row >= p->gates * p->cells) {
        const int32_t depth = bw_recurrent_padded(p->cells);
        bw_stream_start(tile, p->projection.weights + (row - p->gates * p->cells) * depth, rows * depth);
        return;
    }
    bw_stream_start(tile, p->of_input.weights + row * inputs, rows * inputs);
    bw_stream_start(tile + p->tile_rows * inputs, p->of_state.weights + row * hidden, rows * hidden);
}

/* The tile that begins with a row, when it is there; the copy of the next one begins. */
static const int8_t *bw_recurrent_tile_s8(const bw_recurrent_s8_params *p, bw_recurrent_stream *s, int32_t row) {
    const int8_t *const tile = s->tiles[s->place];
    bw_stream_wait();
    s->place = 1 - s->place;
    if (--s->left > 0) {
        row = bw_recurrent_tile_end_s8(p, row);
        start_tile(p, s, row < p->gates * p->cells + projected_rows(p) ? row : 0);
    }
    return tile;
}

static bw_recurrent_stream bw_recurrent_tiles_s8(const bw_recurrent_s8_params *p, int32_t steps, int16_t *scratch) {
    const int32_t gates = p->gates * p->cells, end = gates + projected_rows(p);
    const int32_t inputs = bw_recurrent_padded(p->inputs),
                  size = p->tile_rows * (inputs + bw_recurrent_padded(p->hidden));
    const int32_t projected = p->tile_projected * bw_recurrent_padded(p->cells);
    const int32_t column = bw_recurrent_padded(projected > 0 && p->cells > p->hidden ? p->cells : p->hidden);
    int8_t *const tiles = (int8_t *)(scratch + bw_recurrent_padded(gates) + inputs + column);
    bw_recurrent_stream s = {{tiles, tiles + (projected > size ? projected : size)}, 0, 0};
    if (steps > 0) {
        for (int32_t row = 0; row < end; row = bw_recurrent_tile_end_s8(p, row)) {
            s.left += steps;
        }
        start_tile(p, &s, 0);
    }
    return s;
}

const bw_recurrent_tiling bw_recurrent_tiling_s8 = {bw_recurrent_tiles_s8, bw_recurrent_tile_s8,
                                                    bw_recurrent_tile_end_s8};
