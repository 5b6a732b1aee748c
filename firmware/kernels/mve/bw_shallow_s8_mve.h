/* Micro-kernels for windows of at most 16 or 32 bytes: the weights of some channels stay in vector registers while
 * the pixels of a run pass by.
 *
 * Weights are [channels][depth] in the model's order, constants of the channels as bw_block_s8_mve.h states; channels
 * are a multiple of four. Columns may overlap no output of the run.
 * Cost: 4.5 instructions per output where the depth is at most 16, 6.75 up to 32; half of one more where negative
 * ties show or the clamp is not that of int8; and some 25 for every four or two channels of a run.
 */
#ifndef BW_SHALLOW_S8_MVE_H
#define BW_SHALLOW_S8_MVE_H

#include "bw_block_s8_mve.h"

/* The assembly knows the order of these fields. */
typedef struct {
    const int8_t *columns;
    int32_t pitch; /* bytes between columns */
    int8_t *output;
    int32_t count;
    int32_t step; /* bytes between pixels of the output */
} bw_run_s8_mve;

/* Depth at most 16; nothing is read beyond it. */
void bw_shallow_16_s8_mve(const bw_block_s8_mve *b, const bw_run_s8_mve *run);

/* Depth 17 to 32; 32 bytes are read of each column. The constants of two channels are five words: two biases, two
 * multipliers and two left shifts of one byte each. */
void bw_shallow_32_s8_mve(const bw_block_s8_mve *b, const bw_run_s8_mve *run);

#endif /* BW_SHALLOW_S8_MVE_H */
