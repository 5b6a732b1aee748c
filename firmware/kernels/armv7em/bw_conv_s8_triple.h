/* Convolution with SMLAD: three output pixels at a time through the micro-kernel of bw_triple_s8.h.
 *
 * Layout and window as bw_conv_s8.h states; weights, biases, multipliers and shifts as bw_pairs_s8.h or, for rectified
 * layers, bw_triple_rectified_s8.h states, with the input's zero point folded into the biases. low and high clamp the
 * output. Scratch: 6 bytes per tap, padded to a multiple of four taps, then in_c bytes or, where in_c is not a multiple
 * of four, 3 bytes per tap; a multiple of four bytes, as is the address of the input. Overlap: pixels are written in
 * raster order, three at a time after their windows were copied.
 */
#ifndef BW_CONV_S8_TRIPLE_H
#define BW_CONV_S8_TRIPLE_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    const int32_t *pairs;
    int32_t input_zero_point;
    int32_t rectified; /* which of both micro-kernels */
    int32_t offset;    /* its offset */
    int32_t low, high;
} bw_conv_s8_triple_params;

void bw_conv_s8_triple(const bw_conv_s8_triple_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_TRIPLE_H */
