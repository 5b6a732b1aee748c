/* Convolution for cores that multiply one word at a time: three output pixels by two multiplications
 * (bw_woven_dot_s8.h).
 *
 * Layout: NHWC; rows of weights with their bias, multiplier and shift as the instruction set's bw_woven_dot_s8 takes
 * them. Ranges: right shifts of at least 1, biases of 24 bits, sums of each part in range (proven on the host; layers
 * outside these bounds use bw_conv_s8); weights have no zero point. Scratch: two words per tap and three columns, then
 * four rows of a window. In place: all windows of a turn are woven before any of its outputs is written.
 */
#ifndef BW_CONV_S8_WOVEN_H
#define BW_CONV_S8_WOVEN_H

#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    int32_t columns; /* of a turn: three or six */
    int32_t part;    /* taps whose sums are in range */
    const int32_t *rows;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_conv_s8_woven_params;

void bw_conv_s8_woven(const bw_conv_s8_woven_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_WOVEN_H */
