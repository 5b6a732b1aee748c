/* Depthwise convolution with VMLADAV: channel after channel, two output lines at a time.
 *
 * Four neighbouring input lines of one channel lie interleaved in scratch, a word for each place along the line and
 * line y in byte y % 4 of the words: sixteen consecutive bytes are the window of one output, and a step to the next
 * line replaces one byte of each word. Of each channel's weights there are four rotations, one for each place in
 * which the window's first line can lie.
 *
 * Layout: NHWC. A line runs along rows or along columns of the image, as the host finds cheaper; weights are
 * [channel][taps along the line][taps across lines], at most four each. right holds right shifts of 1 to 31;
 * accumulators stay below 2^30 in magnitude (proven on the host), the input's zero point is folded into the biases.
 * Scratch: 80 bytes, a word for each place along the padded line, and two lines of int32.
 * Overlap: exactly in place where the host finds every line read before it is written.
 * Cost: 2.3 instructions per output, 2.5 for its requantization, and some 80 for a pair of lines.
 */
#ifndef BW_DEPTHWISE_CONV_S8_MVE_H
#define BW_DEPTHWISE_CONV_S8_MVE_H

#include "bw_axis_mve.h"

typedef struct {
    int32_t batch, channels, in_image, out_image;
    bw_axis_mve along, across;
    int32_t together; /* lines computed at once: 2 where neither direction is strided and a window has up to 3, or 1 */
    int32_t words;    /* places along the padded line */
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t input_zero_point;
    int32_t output_zero_point, low, high;
    int32_t signed_ties; /* as bw_block_s8_mve.h */
} bw_depthwise_conv_s8_mve_params;

void bw_depthwise_conv_s8_mve(const bw_depthwise_conv_s8_mve_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_MVE_H */
