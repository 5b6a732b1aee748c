/* 3x3 depthwise convolution with stride 1 whose output is as large as its input, by bw_plane_s8_xcv.h, which states the
 * table: four channels at a time over the whole image, whose columns scratch holds.
 *
 * Layout: NHWC; a multiple of four channels, one output channel for each; no dilation, a row and a column of padding
 * all around. Scratch: 16 bytes for every column with its padding and every pair of rows that are kept at once, and 8.
 * Overlap: none, or the output in the place of the input; with several cores none. Cores share groups of channels and,
 * where these are few, bands of rows.
 */
#ifndef BW_DEPTHWISE_PLANES_S8_XCV_H
#define BW_DEPTHWISE_PLANES_S8_XCV_H

#include <stdint.h>

typedef struct {
    int32_t batch, height, width, channels;
    int32_t kept; /* pairs of rows of columns in scratch */
    const int32_t *table;
    int32_t input_zero_point, output_zero_point;
    int32_t rectified;
} bw_depthwise_planes_s8_xcv_params;

void bw_depthwise_planes_s8_xcv(const bw_depthwise_planes_s8_xcv_params *p, const int8_t *input, int8_t *output,
                                void *scratch);

#endif /* BW_DEPTHWISE_PLANES_S8_XCV_H */
