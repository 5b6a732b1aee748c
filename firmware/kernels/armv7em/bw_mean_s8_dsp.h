/* Mean or sum of whole pixels, four channels at a time in halfwords: [outer, count, channels] to [outer, channels].
 *
 * Ranges: channels a multiple of four, count up to 256; multiplier and shift as bw_mean_s8.h.
 * Overlap: an image's row of channels is read while it is written.
 * Cost: 1.1 instructions per input and some 25 per output.
 */
#ifndef BW_MEAN_S8_DSP_H
#define BW_MEAN_S8_DSP_H

#include <stdint.h>

typedef struct {
    int32_t outer, count, channels;
    int32_t multiplier, shift;
    int32_t input_offset; /* minus the input's zero point times count */
    int32_t output_zero_point;
} bw_mean_s8_dsp_params;

void bw_mean_s8_dsp(const bw_mean_s8_dsp_params *p, const int8_t *input, int8_t *output);

#endif /* BW_MEAN_S8_DSP_H */
