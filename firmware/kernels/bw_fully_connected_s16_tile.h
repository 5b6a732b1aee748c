/* Fully connected layer, int16 activations and int8 weights, several rows at a time by the products of bw_tile_s16.h,
 * requantization WIDE.
 *
 * Layout: input [rows][taps], output [rows][units], weights [groups of units] as bw_tile_s16.h states, padded with
 * zeros to whole groups and to a depth of a multiple of four; bias padded to whole groups. Ranges, proven on the host:
 * no sum leaves int32, shifts are at most -2, zero points 0. Scratch: 2 * depth bytes for each of `columns`. Overlap:
 * as many rows are copied before their results are written. Cost: products as bw_tile_s16.c states; 18 instructions per
 * output on a Cortex-M4.
 */
#ifndef BW_FULLY_CONNECTED_S16_TILE_H
#define BW_FULLY_CONNECTED_S16_TILE_H

#include <stdint.h>

typedef struct {
    int32_t rows, taps, depth, units;
    int32_t columns, group; /* of a tile */
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier; /* [units], of 16 bits in the high half */
    const int8_t *right;       /* [units], right shift of the product's high word: 1..30 */
    int32_t low, high;
} bw_fully_connected_s16_tile_params;

void bw_fully_connected_s16_tile(const bw_fully_connected_s16_tile_params *p, const int16_t *input, int16_t *output,
                                 void *scratch);

#endif /* BW_FULLY_CONNECTED_S16_TILE_H */
