/* 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3) with SMLAD: four multiplications per output and input channel
 * instead of nine, for 3.6 times the weights' flash.
 *
 * Layout and window as bw_conv_s8.h states; bw_winograd_s8.h has the transforms and the order of weights, biases and
 * multipliers, with the input's zero point folded into the biases. low and high clamp the output. Scratch, in bytes and
 * with every count of channels rounded up: 128 per input channel, 512 per `chunk`, 64 pointers, and 64 per input
 * channel where in_c is not a multiple of four; a multiple of four bytes, as is the address of the input. Overlap: four
 * tiles of 2x2 outputs are written after their windows were transformed, in raster order of tiles. Cost: per four tiles
 * 500 instructions and 660 per four input channels, and per two output channels 600 and 176 per two input channels.
 */
#ifndef BW_CONV_S8_WINOGRAD_H
#define BW_CONV_S8_WINOGRAD_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int32_t *pairs; /* of output channels */
    int32_t steps;        /* pairs of input channels of a chunk */
    int32_t chunks;       /* of the input channels */
    int32_t input_zero_point;
    int32_t rectified; /* whether by bw_rectify */
    int32_t offset;    /* otherwise 2 * output zero point + 1 */
    int32_t low, high;
} bw_conv_s8_winograd_params;

void bw_conv_s8_winograd(const bw_conv_s8_winograd_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_WINOGRAD_H */
