/* Mean or sum of whole pixels, four channels at a time: [outer, count, channels] to [outer, channels].
 *
 * Ranges: channels a multiple of four, input aligned to four bytes; multiplier and shift as bw_mean_s8.h.
 * Overlap: an image's row of channels is read while it is written.
 * Cost: 1.25 instructions per input and some 30 per output.
 */
#ifndef BW_MEAN_S8_XCV_H
#define BW_MEAN_S8_XCV_H

#include <stdint.h>

typedef struct {
    int32_t outer, count, channels;
    int32_t multiplier, shift;
    int32_t input_offset; /* minus the input's zero point times count */
    int32_t output_zero_point;
} bw_mean_s8_xcv_params;

void bw_mean_s8_xcv(const bw_mean_s8_xcv_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MEAN_S8_XCV_H */
