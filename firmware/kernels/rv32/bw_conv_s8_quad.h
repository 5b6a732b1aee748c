/* Convolution on RV32: four output pixels at a time through the micro-kernel of bw_quad_s8.h.
 *
 * Layout and window as bw_conv_s8.h states; weights and requantization as bw_quad_s8.h, the input's zero point folded
 * into the biases. Scratch: 8 bytes per tap, padded to a multiple of four taps, then in_c bytes. Overlap: pixels are
 * written in raster order, four at a time after their windows were copied.
 */
#ifndef BW_CONV_S8_QUAD_H
#define BW_CONV_S8_QUAD_H

#include "bw_quad_s8.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    bw_quad_s8_params quad;
    int32_t input_zero_point;
} bw_conv_s8_quad_params;

void bw_conv_s8_quad(const bw_conv_s8_quad_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_QUAD_H */
