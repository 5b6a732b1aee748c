/* bw_fully_connected_s8_s16 on Armv7E-M: y = requantize(sum(q * w) + bias), int8 or int16.
 *
 * Layout: input [rows][depth], output [rows][units]; weights are packed for bw_block_s8.h.
 * The output may overlap rows of the first input in front of the four that were read last. Scratch: 8 * depth bytes,
 * depth rounded up to a multiple of four.
 * Ranges: as bw_fully_connected_s8_s16. Cost: some 1.1 instructions per MAC and 22 per output.
 */
#ifndef BW_FULLY_CONNECTED_S8_S16_DSP_H
#define BW_FULLY_CONNECTED_S8_S16_DSP_H

#include "bw_token_rows.h"

typedef struct {
    bw_token_layer layer;
} bw_fully_connected_s8_s16_dsp_params;

void bw_fully_connected_s8_s16_dsp(const bw_fully_connected_s8_s16_dsp_params *p, const int8_t *input, void *output,
                                   void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_S16_DSP_H */
