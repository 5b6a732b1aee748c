/* Bilinear resize, int8, positions and weights in 1/1024 pixel.
 *
 * Layout: NHWC. rows and columns hold per output position the two input positions and the second one's weight.
 * Overlap: pixels are written in raster order; a pixel's corners are read while the pixel is written.
 * Cost: six multiplications and a rounding division by a power of two per output.
 */
#ifndef BW_RESIZE_BILINEAR_S8_H
#define BW_RESIZE_BILINEAR_S8_H

#include <stdint.h>

typedef struct {
    int32_t batch, in_h, in_w, channels;
    int32_t out_h, out_w;
    const int16_t *rows;    /* [out_h][3] */
    const int16_t *columns; /* [out_w][3] */
} bw_resize_bilinear_s8_params;

void bw_resize_bilinear_s8(const bw_resize_bilinear_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_RESIZE_BILINEAR_S8_H */
