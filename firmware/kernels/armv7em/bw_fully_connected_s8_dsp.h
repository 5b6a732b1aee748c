/* Fully connected layer with SMLAD: two units at a time through the micro-kernel of bw_block_s8.h.
 *
 * Weights, biases, multipliers, right shifts and ranges as bw_conv_s8_dsp.h states, units in the place of channels.
 * Scratch: 2 bytes per input, padded to a multiple of four inputs.
 */
#ifndef BW_FULLY_CONNECTED_S8_DSP_H
#define BW_FULLY_CONNECTED_S8_DSP_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t output_zero_point;
    int32_t low, high;
} bw_fully_connected_s8_dsp_params;

void bw_fully_connected_s8_dsp(const bw_fully_connected_s8_dsp_params *p, const int8_t *input, int8_t *output,
                               void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_DSP_H */
