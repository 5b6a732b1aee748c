/* The SMLAD micro-kernel: two output channels times one or four columns.
 *
 * Weights of a channel pair (r, s) are packed per four taps k..k+3 as the bytes
 *     r[k] s[k] r[k+2] s[k+2]   r[k+1] s[k+1] r[k+3] s[k+3]
 * so that one word gives two taps of both channels by SXTB16 with and without rotation. Depth is padded to a multiple
 * of four and the number of channels to a multiple of two with zeros. Columns are widened to int16 pairs (k, k+2),
 * (k+1, k+3); four columns are interleaved word by word behind one pointer. Cost: 15 instructions and the loop's two
 * per 16 MACs with four columns.
 */
#ifndef BW_BLOCK_S8_H
#define BW_BLOCK_S8_H

#include <stdint.h>

/* Widen a column of `depth` bytes to pairs, one word every `stride` words; taps beyond depth are zero. */
void bw_widen_s8(const int8_t *column, int32_t depth, uint32_t *pairs, int32_t stride);

/* acc[2 * c + channel] += the dot products of both channels with four interleaved columns; quads = padded depth / 4. */
void bw_block_2x4_s8(const int8_t *weights, const uint32_t *columns, int32_t quads, int32_t acc[8]);

/* acc[channel] += the dot products of both channels with one column. */
void bw_block_2x1_s8(const int8_t *weights, const uint32_t *column, int32_t quads, int32_t acc[2]);

#endif /* BW_BLOCK_S8_H */
