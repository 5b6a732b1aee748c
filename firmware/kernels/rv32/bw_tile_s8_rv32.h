/* Dot products of columns of activations with four channels' weights, three columns in two words, and their outputs.
 *
 * Activations a, b and c of one tap become the words a + b * 2^21 and c + b * 2^10, so that two multiplications and two
 * additions per channel do the work of three: sums of the first word hold a's dot product and the low 11 bits of b's,
 * with these sums of the second hold c's and the rest of b's. Exact while each of the three is in [-2^20, 2^20): the
 * host cuts the taps into segments within which every channel's weights have absolute values of at most 8191 in sum.
 *
 * Columns: uint32_t [taps][words], words = 4 for six columns, 2 for three. Weights: int8 [taps][4], taps a multiple of
 * four. Sums: uint32_t [segments][4][words]; every dot product in them is 2^20 too large, which biases make up for.
 *
 * Cost: 163 instructions for four taps of six columns, four channels each (1.70 per multiply-accumulate), 91 of three
 * columns (1.90), some 70 a call; 11 per output of a rectified layer, 14 of others, and 3 per segment.
 */
#ifndef BW_TILE_S8_RV32_H
#define BW_TILE_S8_RV32_H

#include <stdint.h>

#include "bw_rescale_rv32.h"

/* Three columns of count taps to the words from `to` on, `words` from one tap to the next. */
void bw_tile_pack_rv32(uint32_t *to, int32_t words, const int8_t *const *columns, int32_t count);

void bw_tile_4x6_s8_rv32(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums);
void bw_tile_4x3_s8_rv32(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums);

/* Where the outputs of up to six pixels go. */
typedef struct {
    int8_t *first; /* the first pixel's first channel */
    int32_t step;  /* from one pixel to the next */
    int32_t pixels;
} bw_tile_pixels_rv32;

/* Channels `channel` to `end` of a tile, from the sums between `sums` and `sums_end`. */
void bw_tile_finish_rv32(const bw_rescale_params *p, int32_t channel, int32_t end, const uint32_t *sums,
                         const uint32_t *sums_end, int32_t words, const bw_tile_pixels_rv32 *output);

#endif /* BW_TILE_S8_RV32_H */
