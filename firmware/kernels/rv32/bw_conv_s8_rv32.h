/* Convolution six output pixels at a time, four channels each, through bw_tile_s8_rv32.h.
 *
 * Layout: NHWC. weights: int8 [out_c padded to fours][taps][4], where taps, kernel_h * kernel_w * in_c padded to a
 * multiple of four with zeros, come in segments of `segment` taps, a multiple of four, within which sums are exact as
 * there. Constants per channel as bw_rescale_rv32.h states, biases less 2^20 for every segment.
 * Scratch, aligned to four bytes: 16 bytes per tap, 64 per segment, 4 * kernel_w * in_c unless windows are pixels in
 * order (1x1, stride 1).
 * raster order, up to six at a time, each time after all reads of their windows.
 */
#ifndef BW_CONV_S8_RV32_H
#define BW_CONV_S8_RV32_H

#include "bw_rescale_rv32.h"
#include "bw_window.h"

typedef struct {
    bw_window window;
    int32_t out_c;
    int32_t taps, segment;
    const int8_t *weights;
    int32_t input_zero_point;
    bw_rescale_rv32 rescale;
} bw_conv_s8_rv32_params;

void bw_conv_s8_rv32(const bw_conv_s8_rv32_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_S8_RV32_H */
