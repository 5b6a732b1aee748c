/* Mean or sum of whole pixels with channels in the lanes of vectors: [outer, count, channels] to [outer, channels].
 *
 * Ranges: the centred sum fits int32; requantization DOUBLE with a right shift of 0 to 31.
 * Overlap: an image's row of channels is read while it is written.
 * Cost: per vector of channels (VLEN / 4 of them) 5 instructions per pixel, and 50.
 */
#ifndef BW_MEAN_S8_RVV_H
#define BW_MEAN_S8_RVV_H

#include <stdint.h>

typedef struct {
    int32_t outer, count, channels;
    int32_t multiplier, right;
    int32_t input_offset; /* minus the input's zero point times count */
    int32_t output_zero_point;
} bw_mean_s8_rvv_params;

void bw_mean_s8_rvv(const bw_mean_s8_rvv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MEAN_S8_RVV_H */
