/* Dot products of columns of activations with four channels' weights, three columns in two words.
 *
 * Activations a, b and c of one tap become the words a + b * 2^21 and c + b * 2^10, so that two multiplications and two
 * additions per channel do the work of three: sums of the first word hold a's dot product and the low 11 bits of b's,
 * with these sums of the second hold c's and the rest of b's. Exact while each of the three is in [-2^20, 2^20): the
 * host cuts the taps into segments within which every channel's weights have absolute values of at most 8191 in sum.
 *
 * Columns: uint32_t [taps][words], words = 4 for six columns, 2 for three. Weights: int8 [taps][4], taps a multiple of
 * four. Sums: uint32_t [4][words], which bw_tile_unpack_rv32 takes apart.
 *
 * Cost: 163 instructions for four taps of six columns, four channels each (1.70 per multiply-accumulate), 91 of three
 * columns (1.90); some 60 a call.
 */
#ifndef BW_TILE_S8_RV32_H
#define BW_TILE_S8_RV32_H

#include <stdint.h>

/* What every dot product is too large by. */
#define BW_TILE_EXCESS_RV32 (1 << 20)

/* Three columns of count taps to the words from `to` on, `words` from one tap to the next. */
void bw_tile_pack_rv32(uint32_t *to, int32_t words, const int8_t *const *columns, int32_t count);

void bw_tile_4x6_s8_rv32(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums);
void bw_tile_4x3_s8_rv32(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums);

/* Adds the three dot products in two sums to acc, each BW_TILE_EXCESS_RV32 too large. */
static inline void bw_tile_unpack_rv32(const uint32_t *sums, int32_t *acc) {
    const uint32_t first = sums[0], low = first >> 21, second = sums[1] - (low << 10);
    acc[0] += (int32_t)(first & 0x1FFFFFU);
    acc[1] += (int32_t)(low + (second >> 21 << 11));
    acc[2] += (int32_t)(second & 0x1FFFFFU);
}

#endif /* BW_TILE_S8_RV32_H */
