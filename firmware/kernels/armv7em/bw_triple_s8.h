/* The SMLAD micro-kernel: all output channels, two at a time as bw_pairs_s8.h packs them, times three columns.
 *
 * Columns are widened to int16 in the same order of taps, three of them interleaved word by word. Cost: 17 instructions
 * per 24 MACs, 2 per 32 taps and 56 per channel pair, requantization included.
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
