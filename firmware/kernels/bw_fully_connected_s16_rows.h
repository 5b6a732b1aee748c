/* Fully connected layer, int16 activations and int8 weights, by the products of bw_rows_s8.h, requantization WIDE.
 *
 * Layout: input [rows][taps], output [rows][units], weights [units][depth] with zeros behind the taps of a row, depth a
 * multiple of four; aligned to four bytes. Ranges, proven on the host: no sum leaves int32, shifts are at most -2, zero
 * points 0. Scratch: 2 * depth bytes. Overlap: a row is read while its results are written.
 * Cost: 1.4 instructions per MAC and 14 per output on a Cortex-M4.
 */
#ifndef BW_FULLY_CONNECTED_S16_ROWS_H
#define BW_FULLY_CONNECTED_S16_ROWS_H

#include <stdint.h>

typedef struct {
    int32_t rows, taps, depth, units;
    const int8_t *weights;
    const int32_t *bias;       /* [units] */
    const int32_t *multiplier; /* [units], of 16 bits in the high half */
    const int8_t *right;       /* [units], right shift of the product's high word: 1..30 */
    int32_t low, high;
} bw_fully_connected_s16_rows_params;

void bw_fully_connected_s16_rows(const bw_fully_connected_s16_rows_params *p, const int16_t *input, int16_t *output,
                                 void *scratch);

#endif /* BW_FULLY_CONNECTED_S16_ROWS_H */
