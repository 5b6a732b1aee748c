/* The SMLAD micro-kernel: all output channels, two at a time, times three columns.
 *
 * A channel pair (a, b) is a run of words:
 *     a's bias << 8 | a's shift, b's bias << 8 | b's shift, a's multiplier, b's multiplier, then two words per four
 * taps with shift = right shift - 1 (0 to 22), biases of 24 bits and multipliers of 2^30 to 2^31 - 1. The words of taps
 * k to k + 3 have the halfwords (k, k + 2) and (k + 1, k + 3); each is 256 * a + b, signed. SMLAD with the word as it
 * is accumulates 256 * A + B, and with the word after SXTB16 B alone; A is their difference, exact below 2^23 in
 * magnitude. The depth is padded to a multiple of four taps and the number of channels to an even one with zeros.
 *
 * Columns are widened to int16 in the same order of taps, three of them interleaved word by word. Cost: 17 instructions
 * per 24 MACs, 2 per 32 taps and 60 per channel pair, requantization included.
 */
#ifndef BW_TRIPLE_S8_H
#define BW_TRIPLE_S8_H

#include <stdint.h>

/* Columns that are multiplied at a time. */
#define BW_TRIPLE 3

typedef struct {
    int32_t quads;    /* padded depth / 4 */
    int32_t channels; /* of the output */
    int32_t step;     /* bytes from one column's outputs to the next's; 0 keeps the first column's alone */
    int32_t offset;   /* 2 * output zero point + 1 */
} bw_triple_s8_shape;

/* Widen `quads` times four bytes at each of three addresses, multiples of four; the end of what was written. */
uint32_t *bw_widen_triple_s8(const int8_t *const from[BW_TRIPLE], int32_t quads, uint32_t *columns);

/* output[step * column + channel], requantized with rounding DOUBLE (bw_fixedpoint.h) and saturated to int8. */
void bw_triple_s8(const int32_t *pairs, const uint32_t *columns, int8_t *output, const bw_triple_s8_shape *shape);

#endif /* BW_TRIPLE_S8_H */
