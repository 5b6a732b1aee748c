/* 16x8 fully connected layer on Armv7E-M, two units at a time by SMLALD, requantization WIDE.
 *
 * Layout: input [rows][depth], output [rows][units]; weights of a pair of units (r, s) as the bytes r[k] s[k] r[k+1]
 * s[k+1], with zeros for an odd last tap and an odd last unit, so that one word gives two taps of both by SXTB16 with
 * and without rotation. The output may overlap rows of the input that were read.
 * Ranges: as bw_fully_connected_s16. Cost: some 2 instructions per MAC and 35 per output.
 */
#ifndef BW_FULLY_CONNECTED_S16_DSP_H
#define BW_FULLY_CONNECTED_S16_DSP_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;     /* [pairs of units][pairs of taps][2][2] */
    const int64_t *bias;       /* [units] */
    const int32_t *multiplier; /* [units], of 16 bits */
    const int8_t *shift;       /* [units], > 0 is left */
    int32_t output_zero_point;
    int32_t low, high;
} bw_fully_connected_s16_dsp_params;

void bw_fully_connected_s16_dsp(const bw_fully_connected_s16_dsp_params *p, const int16_t *input, int16_t *output);

#endif /* BW_FULLY_CONNECTED_S16_DSP_H */
