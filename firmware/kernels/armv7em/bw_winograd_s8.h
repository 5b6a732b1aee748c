/* Winograd's F(2x2, 3x3) in integers: the micro-kernels of bw_conv_s8_winograd.h.
 *
 * Four tiles of 2x2 outputs at a time. The 4x4 inputs d and 3x3 weights g of a tile are transformed to B'dB and
 * (2G)g(2G)', multiplied position by position and summed over the channels: M, whose transform A'MA is four times the
 * tile's accumulators, exactly.
 *     B' = 1  0 -1  0    2G = 2  0  0    A' = 1  1  1  0
 *          0  1  1  0         1  1  1         0  1 -1 -1
 *          0 -1  1  0         1 -1  1
 *          0  1  0 -1         0  0  2
 * The positions are taken in a spiral from the inside, 11 21 22 12 10 20 30 31 32 33 23 13 03 02 01 00, and their sums
 * are never reset: each begins where the one before ended, the first with the bias. That leaves 16 additions of A'MA.
 * Sums wrap around; what is left of them in the outputs is proven to fit.
 */
#ifndef BW_WINOGRAD_S8_H
#define BW_WINOGRAD_S8_H

#include <stdint.h>

#define BW_TILES     4
#define BW_POSITIONS 16
/* Words of a column of transformed inputs: 4 rows of 4 channels. */
#define BW_COLUMN 8

/* The inputs of four tiles. Tiles that are neighbours share columns. */
typedef struct {
    const int8_t *const *pixels; /* four of each column, from above; each of them 4 * quads channels */
    int32_t columns;
    int32_t quads;                   /* channels / 4 */
    int32_t stride;                  /* bytes from one position's inputs to the next's */
    const uint32_t *first[BW_TILES]; /* in `columns`, where a tile's first column goes */
} bw_winograd_patches;

/* B'dB of four tiles as inputs[position][pair of channels][tile], channels paired as bw_sxtb16 gives them. `columns`
 * has room for all columns. */
void bw_winograd_inputs_s8(const bw_winograd_patches *patches, uint32_t *columns, uint32_t *inputs);

typedef struct {
    int32_t steps;  /* pairs of channels of a block, at most 32 */
    int32_t blocks; /* all of them */
} bw_winograd_shape;

/* Words before the weights of two channels: both biases, then multiplier and offset (or shift) of each. */
#define BW_WINOGRAD_HEAD 6

/* Sums [block][channel][tile] of two channels; their weights are words[block][step][channel] behind the head. */
void bw_winograd_sums_s8(const int32_t *head, const uint32_t *inputs, int32_t *sums, const bw_winograd_shape *shape);

#endif /* BW_WINOGRAD_S8_H */
