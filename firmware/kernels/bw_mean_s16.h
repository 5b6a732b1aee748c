/* Mean or sum over any dimensions, int16; the division by the number of elements is part of the multiplier.
 *
 * Ranges: the centred sum fits int32, requantization DOUBLE.
 * Cost: one addition per input and one requantization per output. The output may not overlap the input.
 */
#ifndef BW_MEAN_S16_H
#define BW_MEAN_S16_H

#include "bw_reduce.h"

typedef struct {
    bw_reduce loops;
    int32_t multiplier, shift;
    int32_t input_offset; /* minus the input's zero point times the number of reduced elements */
    int32_t output_zero_point;
} bw_mean_s16_params;

void bw_mean_s16(const bw_mean_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_MEAN_S16_H */
