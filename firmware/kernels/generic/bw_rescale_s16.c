/* Portable requantization of int16. */
#include "bw_rescale_s16.h"

#include "bw_rescale_loop.h"

void bw_rescale_s16(const bw_rescale_s16_params *p, const int16_t *input, int16_t *output) { BW_RESCALE_LOOP(int16_t); }
