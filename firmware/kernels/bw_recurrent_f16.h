/* RNN, GRU or LSTM over a sequence in float16, with a state that is kept. */
#ifndef BW_RECURRENT_F16_H
#define BW_RECURRENT_F16_H

#include "bw_recurrent_real_params.h"

typedef bw_recurrent_real_params bw_recurrent_f16_params;

void bw_recurrent_f16(const bw_recurrent_f16_params *p, const uint16_t *input, uint16_t *output, uint16_t *state,
                      void *scratch);

#endif /* BW_RECURRENT_F16_H */
