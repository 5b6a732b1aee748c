/* Convolution four output pixels of a row at a time, four channels each, through bw_tile_s8_xcv.h, whose windows are
 * read where the rows of the input stand: in scratch, or in the input itself.
 *
 * Layout: NHWC; a multiple of four output channels; no dilation, at most BW_CONV_ROWS_XCV rows in a window. Weights and
 * table as there, of windows of kernel_h rows of row bytes, with weights of zero in what pads them. Scratch: kernel_h
 * lines, in which every row of the input is copied between its padding before any output that needs it is written, and
 * a raw row. How they are copied:
 *
 * - BW_ROWS_IN_PLACE: not at all. Windows never reach into padding, pixels have a multiple of four channels; a row of
 *   outputs is written while its windows are read.
 * - BW_ROWS_WORDS: as they are, a multiple of four channels.
 * - BW_ROWS_THREES: three channels as four, rows of a multiple of four pixels.
 * - BW_ROWS_WINDOWS: the row of every window for itself, any number of channels.
 *
 * Cores share rows of outputs or groups of channels.
 *
 * Cost beside the tile's: half an instruction per byte copied, one per byte of rows of windows and 15 for each; per row
 * of outputs some 120.
 */
#ifndef BW_CONV_ROWS_S8_XCV_H
#define BW_CONV_ROWS_S8_XCV_H

#include "bw_tile_s8_xcv.h"
#include "bw_window.h"

#define BW_CONV_ROWS_XCV 12

enum { BW_ROWS_IN_PLACE = 0, BW_ROWS_WORDS = 1, BW_ROWS_THREES = 2, BW_ROWS_WINDOWS = 3 };

typedef struct {
    bw_window window;
    int32_t copy; /* one of these */
    int32_t row;  /* bytes of a row of a window */
    int32_t step; /* bytes from a window to the next one's */
    int32_t line; /* bytes of a row of the input, copied */
    int32_t raw;  /* bytes of the raw row, with its padding */
    int32_t lead; /* of them before the first pixel */
    bw_tile_channels_xcv channels;
    int32_t input_zero_point;
} bw_conv_rows_s8_xcv_params;

void bw_conv_rows_s8_xcv(const bw_conv_rows_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CONV_ROWS_S8_XCV_H */
