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
 * columns (1.90), some 75 for four channels and a segment; 16 per output of a rectified layer where columns are six,
 * 20 of others, 5 more for every segment but the first; 11 per tap and three columns to pack them.
 */
#ifndef BW_TILE_S8_RV32_H
#define BW_TILE_S8_RV32_H

#include <stdint.h>

#include "bw_rescale_rv32.h"

/* Three columns of count taps to the words from `to` on, `words` from one tap to the next. */
void bw_tile_pack_rv32(uint32_t *to, int32_t words, const int8_t *const *columns, int32_t count);

typedef struct {
    int32_t channels, taps, segment;
    const int8_t *weights; /* of four channels after the other */
    const bw_rescale_rv32 *rescale;
} bw_tile_rv32;

/* All channels of four to six pixels, or up to three: output[pixel][channel]. */
void bw_tile_six_rv32(const bw_tile_rv32 *t, const uint32_t *columns, uint32_t *sums, int8_t *output, int32_t pixels);
void bw_tile_three_rv32(const bw_tile_rv32 *t, const uint32_t *columns, uint32_t *sums, int8_t *output, int32_t pixels);

#endif /* BW_TILE_S8_RV32_H */
