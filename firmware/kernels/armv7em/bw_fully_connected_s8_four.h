/* Fully connected layer with SMLAD: four units at a time, straight from the int8 input.
 *
 * Weights, biases, multipliers and shifts as bw_pairs_s8.h states, units in the place of channels and the input's zero
 * point folded into the biases; two pairs together: both heads, then per four taps the first pair's two words and the
 * second's. One or two units that are left over are a pair alone. low and high clamp the output. Neither scratch nor
 * alignment of the input. Overlap: a row's results are written while the row is read. Cost: 16 instructions per 16
 * MACs, 2 per 32 taps and 55 per four units.
 */
#ifndef BW_FULLY_CONNECTED_S8_FOUR_H
#define BW_FULLY_CONNECTED_S8_FOUR_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int32_t *pairs;
    int32_t output_zero_point;
    int32_t low, high;
} bw_fully_connected_s8_four_params;

void bw_fully_connected_s8_four(const bw_fully_connected_s8_four_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_FOUR_H */
