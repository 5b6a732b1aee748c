/* Bilinear resize, int16, positions and weights in 1/1024 pixel.
 *
 * Layout: NHWC. rows and columns hold per output position the two input positions and the second one's weight.
 * Overlap: pixels are written in raster order; a pixel's corners are read while the pixel is written.
 * Cost: four multiplications by two weights per output.
 */
#ifndef BW_RESIZE_BILINEAR_S16_H
#define BW_RESIZE_BILINEAR_S16_H

#include <stdint.h>

typedef struct {
    int32_t batch, in_h, in_w, channels;
    int32_t out_h, out_w;
    const int16_t *rows;    /* [out_h][3] */
    const int16_t *columns; /* [out_w][3] */
} bw_resize_bilinear_s16_params;

void bw_resize_bilinear_s16(const bw_resize_bilinear_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_RESIZE_BILINEAR_S16_H */
