/* All steps of all sequences, from a state of int16. */
#ifndef BW_RECURRENT_STEPS_S8_H
#define BW_RECURRENT_STEPS_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_steps_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                           void *state, void *scratch);

#endif /* BW_RECURRENT_STEPS_S8_H */
