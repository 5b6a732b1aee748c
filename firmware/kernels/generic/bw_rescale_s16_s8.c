/* Portable requantization of int16 to int8. */
#include "bw_rescale_s16_s8.h"

#include "bw_rescale_loop.h"

void bw_rescale_s16_s8(const bw_rescale_s16_s8_params *p, const int16_t *input, int8_t *output) {
    BW_RESCALE_LOOP(int8_t);
}
