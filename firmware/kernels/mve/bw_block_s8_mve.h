/* The VMLADAVA micro-kernel: four output channels at a time, times one or three columns, to requantized bytes.
 *
 * Weights are [out_c padded to a multiple of four][depth], in the model's order, padded with zeros. `channels` holds
 * nine words for every four channels: four biases, four multipliers, four left shifts of one byte each (-31..-1, the
 * first in the lowest byte). Accumulators stay below 2^30 in magnitude (proven on the host). Nothing is read beyond
 * the depth of a column and nothing written beyond out_c.
 * Cost: 11.5 instructions per 16 taps of six outputs (three columns) and 4.5 per output; one column, or a depth of less
 * than 32: 10 per 16 taps of four outputs and 7 per output.
 */
#ifndef BW_BLOCK_S8_MVE_H
#define BW_BLOCK_S8_MVE_H

#include <stdint.h>

/* The assembly knows the offsets of these fields. */
typedef struct {
    const int8_t *weights;
    const int32_t *channels;
    int32_t depth, out_c;
    int32_t output_zero_point, low, high;
    int32_t signed_ties; /* 0 where the clamp hides how negative ties are rounded: low >= output_zero_point */
} bw_block_s8_mve;

/* Three pixels of `out_c` bytes, one after the other. */
void bw_block_4x3_s8_mve(const bw_block_s8_mve *b, const int8_t *const columns[3], int8_t *output);

/* One pixel. */
void bw_block_4x1_s8_mve(const bw_block_s8_mve *b, const int8_t *column, int8_t *output);

#endif /* BW_BLOCK_S8_MVE_H */
