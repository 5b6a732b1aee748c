/* 3x3 depthwise convolution on RV32: channels are taken four at a time and copied line by line into rings of three
 * lines, or all of them, with the padding in place, from which outputs are computed with the weights in registers.
 *
 * Layout: NHWC, channels a multiple of four, depth multiplier 1, no dilation. A line is a row or a column, whichever
 * the lowering chose: the two axes of the window come with their steps in bytes. Weights int8 [channels][3][3], lines
 * first. Requantization as bw_rescale_rv32.h states, the input's zero point folded into the bias. Ranges: stride 1 to 3
 * from line to line, 1 or 2 along them; padding before a line 0 to 2; the address of the input a multiple of four.
 * Scratch: 4 channels * slots * pitch bytes; a line of pitch bytes holds padding and used elements; slots are 3 or,
 * more than that, as many as the windows of all lines of outputs have lines. Overlap: in place, address for address,
 * where no line is written before it was copied (the host checks). Cost, rectified: 29 instructions per output at
 * stride 1 along the line, 32 at stride 2, and 45 per line; others 70 per output; 2.8 per element that is copied; 120
 * for every channel and, with three slots, line.
 */
#ifndef BW_DEPTHWISE_CONV_S8_LINES_H
#define BW_DEPTHWISE_CONV_S8_LINES_H

#include "bw_quad_lines_rv32.h"
#include "bw_rescale_rv32.h"

typedef struct {
    int32_t batch, channels;
    int32_t in_bytes, out_bytes; /* of one image */
    bw_line_axis lines, along;
    int32_t slots, pitch;
    const int8_t *weights;
    bw_rescale_rv32 rescale;
    int32_t input_zero_point;
} bw_depthwise_conv_s8_lines_params;

void bw_depthwise_conv_s8_lines(const bw_depthwise_conv_s8_lines_params *p, const int8_t *input, int8_t *output,
                                void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_LINES_H */
