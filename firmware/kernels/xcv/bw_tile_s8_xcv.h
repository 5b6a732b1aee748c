/* Dot products of rows of weights with windows of activations, four channels by four pixels or by one, requantized.
 *
 * A window is one or more rows of words; row r of pixel j starts at rows[r] + j * step. weights: int8 [groups][words of
 * a window][4 channels][4], so that they are read one after the other. Channel i of pixel j is written to
 * output[j * output_step + i]. Addresses and both steps are multiples of four.
 *
 * table, for every group of four channels: their biases, and, where everything below zero is clamped
 * (BW_TILE_RECTIFIED: zero point and low are -128, high is 127), multiplier and offset of bw_requantize_linear_xcv for
 * each, which the host proves exact; elsewhere their shifts as one word, and their multipliers, for bw_requantize_xcv,
 * whose ranges then hold.
 *
 * Cost in instructions for every group of four channels and tile, where a window has D bytes in R rows:
 * bw_tile_4x4_s8_xcv 6 * D + 6 * R + 97, rectified (0.375 per multiply-accumulate); bw_tile_4x1_s8_xcv
 * 2.25 * D + 6 * R + 39 (0.56); bw_tile_8x1_s8_xcv 2.125 * D + 40 (0.53). Elsewhere 60 or 75 and 20 or 23 more.
 */
#ifndef BW_TILE_S8_XCV_H
#define BW_TILE_S8_XCV_H

#include <stdint.h>

#include "bw_cores.h"

enum { BW_TILE_RECTIFIED = 0, BW_TILE_INT8 = 1, BW_TILE_CLAMPED = 2 }; /* how outputs are clamped */

/* Assembly reads the fields by their place. */
typedef struct {
    const int8_t *weights;
    const int32_t *table;
    const int8_t **rows;
    const int8_t **rows_end;
    int32_t words; /* of one row */
    int32_t step;
    int8_t *output;
    int32_t output_step;
    const int8_t *weights_end;
    int32_t zero_point, low, high;
    int32_t mode;
    intptr_t work[2]; /* the functions' own */
    int32_t tiles;    /* of as many pixels as the function takes, side by side */
} bw_tile_xcv;

/* Both leave rows and output behind the last pixel, and no tiles. */
void bw_tile_4x4_s8_xcv(bw_tile_xcv *tile);
void bw_tile_4x1_s8_xcv(bw_tile_xcv *tile);

/* Pixels side by side: in fours, and the rest. */
static inline void bw_tile_pixels_xcv(bw_tile_xcv *tile, int32_t pixels) {
    tile->tiles = pixels / 4;
    if (tile->tiles > 0) {
        bw_tile_4x4_s8_xcv(tile);
    }
    tile->tiles = pixels % 4;
    if (tile->tiles > 0) {
        bw_tile_4x1_s8_xcv(tile);
    }
}

/* One pixel of windows of one row; an even number of groups, at least two. */
void bw_tile_8x1_s8_xcv(bw_tile_xcv *tile);

/* What a layer has for all of its channels. */
typedef struct {
    int32_t count;
    const int8_t *weights;
    const int32_t *table;
    int32_t output_zero_point, low, high;
    int32_t mode;
} bw_tile_channels_xcv;

/* Words of the table for four channels. */
static inline int32_t bw_tile_table_xcv(int32_t mode) { return mode == BW_TILE_RECTIFIED ? 12 : 9; }

/* A tile for some groups of a layer's channels; rows, output and tiles are for the caller to set. */
static inline bw_tile_xcv bw_tile_of_xcv(const bw_tile_channels_xcv *c, bw_share groups, int32_t rows, int32_t words) {
    bw_tile_xcv tile = {0};
    tile.weights = c->weights + groups.begin * rows * words * 16;
    tile.table = c->table + groups.begin * bw_tile_table_xcv(c->mode);
    tile.words = words;
    tile.output_step = c->count;
    tile.weights_end = c->weights + groups.end * rows * words * 16;
    tile.zero_point = c->output_zero_point;
    tile.low = c->low;
    tile.high = c->high;
    tile.mode = c->mode;
    return tile;
}

/* acc and the dot product of words of four bytes, at aligned addresses: 0.75 instructions per multiply-accumulate. */
int32_t bw_dot_s8_xcv(const int8_t *a, const int8_t *b, int32_t words, int32_t acc);

#endif /* BW_TILE_S8_XCV_H */
