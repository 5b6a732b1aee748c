/* Depthwise convolution of any kernel on RV32: channels are taken four at a time and copied to planes with the padding
 * in place, over which the window slides four outputs at a time.
 *
 * Layout: NHWC, channels a multiple of four, depth multiplier 1. A plane has rows of pitch bytes, which are lines of
 * the input: rows or columns, whichever the lowering chose. Weights int8 [channels][taps across lines][taps along].
 * Requantization as bw_rescale_rv32.h states, the input's zero point folded into the bias. Ranges: stride 1 or 2 along
 * lines; the address of the input a multiple of four. Scratch: 4 * rows * pitch bytes, and 6 more that may be read.
 * Overlap: in place, address for address, where outputs are not more than inputs: four channels are read before any of
 * them is written.
 * Cost: 4 instructions per MAC where outputs of a line come in fours, 24 per output, 2.6 per element that is copied.
 */
#ifndef BW_DEPTHWISE_CONV_S8_PLANES_H
#define BW_DEPTHWISE_CONV_S8_PLANES_H

#include "bw_quad_lines_rv32.h"
#include "bw_rescale_rv32.h"

typedef struct {
    int32_t batch, channels;
    int32_t in_bytes, out_bytes; /* of one image */
    bw_line_axis lines, along;
    int32_t rows, pitch;
    int32_t taps_across, taps_along;
    int32_t dilation_across, dilation_along;
    const int8_t *weights;
    bw_rescale_rv32 rescale;
    int32_t input_zero_point;
} bw_depthwise_conv_s8_planes_params;

void bw_depthwise_conv_s8_planes(const bw_depthwise_conv_s8_planes_params *p, const int8_t *input, int8_t *output,
                                 void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_PLANES_H */
