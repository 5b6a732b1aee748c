/* 3x3 depthwise convolution of rectified layers: channels are taken four at a time and widened line by line into
 * rings of three lines of int16 with the padding in place, from which bw_depthwise_pairs_s8.h computes two outputs at
 * a time, 1.4 instructions per MAC.
 *
 * Layout: NHWC, channels a multiple of four, depth multiplier 1, no dilation. A line is a row or a column, whichever
 * the lowering chose: the two axes of the window come with their steps in bytes. Weights int8 [channels][3][3], lines
 * first, and a spare byte. Per channel, scale is by how many bits the kernel shifts weights left, bias the bias in
 * that scale, input zero point folded in; requantization as bw_rectify of bw_dsp.h, its offset
 * offset + 2^scale / 4. Ranges: stride 1 to 3 from line to line, 1 or 2 along them; scale 0 to 8; padding before a
 * line 0 to 2.
 * Scratch: bw_depthwise_channel for four channels, then their rings: 4 * 3 * words words.
 * Overlap: in place, address for address, where no line is written before it was widened (the host checks).
 * Cost: per four channels 230 instructions, per input line 25 and 17 per two elements, per output line 100 and what
 * the micro-kernel takes.
 */
#ifndef BW_DEPTHWISE_CONV_3X3_S8_H
#define BW_DEPTHWISE_CONV_3X3_S8_H

#include <stdint.h>

/* One axis of the window; used: input elements that are read; steps in bytes. */
typedef struct {
    int32_t used, outputs, stride, pad, in_step, out_step;
} bw_depthwise_axis;

typedef struct {
    int32_t batch, channels;
    int32_t in_bytes, out_bytes; /* of one image */
    bw_depthwise_axis lines, along;
    int32_t words; /* of one widened line */
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *scale;
    int32_t offset;
    int32_t input_zero_point;
} bw_depthwise_conv_3x3_s8_params;

void bw_depthwise_conv_3x3_s8(const bw_depthwise_conv_3x3_s8_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

#endif /* BW_DEPTHWISE_CONV_3X3_S8_H */
