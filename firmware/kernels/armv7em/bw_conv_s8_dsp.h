/* Convolution with SMLAD: four output pixels at a time through the micro-kernel of bw_block_s8.h.
 *
 * Everything as bw_conv_s8.h states, but: weights are packed as bw_block_s8.h states, biases and multipliers padded to
 * an even number of channels; right holds right shifts of 1 to 31; accumulators stay below 2^30 in magnitude (proven on
 * the host; layers outside these bounds use bw_conv_s8); weights have no zero point. Scratch: 9 bytes per tap, padded
 * to a multiple of four taps (8 where the kernel is 1x1 with stride 1).
 */
#ifndef BW_CONV_S8_DSP_H
#define BW_CONV_S8_DSP_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_conv_s8_dsp_params;

void bw_conv_s8_dsp(const bw_conv_s8_dsp_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_DSP_H */
