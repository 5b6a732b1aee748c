/* Requantization of int16 values to int8 by one slope (QUANTIZE): ranges and cost as bw_rescale_s16.h states. */
#ifndef BW_RESCALE_S16_S8_H
#define BW_RESCALE_S16_S8_H

#include "bw_rescale_s16.h"

typedef bw_rescale_s16_params bw_rescale_s16_s8_params;

void bw_rescale_s16_s8(const bw_rescale_s16_s8_params *p, const int16_t *input, int8_t *output);

#endif /* BW_RESCALE_S16_S8_H */
