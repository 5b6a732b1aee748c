/* Convolution four output pixels of a row at a time, four channels each, through bw_tile_s8_xcv.h, whose windows are
 * read where the rows of the input stand: in scratch, or in the input itself.
 *
 * Layout: NHWC; a multiple of four output channels; no dilation, at most BW_CONV_ROWS_XCV rows in a window; pixels of a
 * multiple of four channels, or of three in rows of a multiple of four pixels. Weights and table as there, of windows
 * of kernel_h rows; three channels are four, the last with weights of zero. line is 0 where windows never reach into
 * padding and have a multiple of four channels: they are read in the input, and a row of outputs is written while they
 * are read. Elsewhere scratch holds kernel_h lines of that many bytes, in which every row of the input is copied
 * between its padding before any output that needs it is written. Cores share rows of outputs or groups of
 * channels. Cost beside the
 * tile's: half an instruction per byte copied, per row some 120.
 */
#ifndef BW_CONV_ROWS_S8_XCV_H
#define BW_CONV_ROWS_S8_XCV_H

#include "bw_tile_s8_xcv.h"
#include "bw_window.h"

#define BW_CONV_ROWS_XCV 8

typedef struct {
    bw_window window;
    int32_t line; /* bytes of a row with its padding */
    bw_tile_channels_xcv channels;
    int32_t input_zero_point;
} bw_conv_rows_s8_xcv_params;

void bw_conv_rows_s8_xcv(const bw_conv_rows_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_ROWS_S8_XCV_H */
