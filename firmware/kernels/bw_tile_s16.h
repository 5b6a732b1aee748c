/* Products of a few units of int8 weights with a few columns of int16, which share every load of the other.
 *
 * Layout: units and columns of a tile are as many as the instruction set's bw_tile_s16.c states, and so are the order
 * of weights and the order in which columns lie in scratch, 2 bytes for each of `depth` values of each, aligned to four
 * bytes. depth is a multiple of four, at least four. Ranges: no sum leaves int32 (proven on the host).
 */
#ifndef BW_TILE_S16_H
#define BW_TILE_S16_H

#include <stdint.h>

#define BW_TILE_COLUMNS 4  /* the most */
#define BW_TILE_SUMS    16 /* from one column's sums to the next's */

/* Columns of `taps` values each, zeros behind them. */
void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns);

/* sums[column * BW_TILE_SUMS + unit] = bias[unit] + the product of unit and column. */
void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums);

#endif /* BW_TILE_S16_H */
