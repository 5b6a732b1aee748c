/* Depthwise convolution of any kernel, stride and dilation, by bw_depthwise_line_s8_xcv.h, which states the weights:
 * four channels of a row of outputs at a time.
 *
 * Layout: NHWC, or rows and pixels elsewhere in the input: a window in a single column of pixels is as many rows of
 * pixels that overlap; a multiple of four channels, one output channel for each. table, for every channel: its weights,
 * padded to words, third word, bias and multiplier, but those that have found a place among the weights (packing).
 * Scratch: 16 bytes for every column with its padding and every four rows of a window, and 8. Overlap: a row of outputs
 * is written while its windows are read. Cores share rows of outputs or groups of channels.
 */
#ifndef BW_DEPTHWISE_CONV_S8_XCV_H
#define BW_DEPTHWISE_CONV_S8_XCV_H

#include "bw_window.h"

/* Where the third word and the bias are. The last words of weights have three rows or two: bytes 3 are free. */
enum {
    BW_PACKED_NONE = 0,
    BW_PACKED_BEHIND = 1, /* the third word is the three bytes behind the last weight */
    BW_PACKED_SHIFT = 2,  /* it is a shift: byte 3 of the last rows' first word */
    BW_PACKED_THIRD = 3,  /* it is bytes 3 of the last rows' first three words */
    BW_PACKED_BIAS = 4    /* also the bias, of the four that follow */
};

typedef struct {
    bw_window window;
    int32_t pitch, pixel, image; /* bytes from row to row, pixel to pixel and image to image of the input */
    int32_t columns;             /* of a row, with padding */
    const int32_t *table;
    int32_t table_words; /* of a channel */
    int32_t packing;
    int32_t input_zero_point, output_zero_point;
    int32_t rectified;
} bw_depthwise_conv_s8_xcv_params;

void bw_depthwise_conv_s8_xcv(const bw_depthwise_conv_s8_xcv_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

#endif /* BW_DEPTHWISE_CONV_S8_XCV_H */
