/* RNN, GRU or LSTM over a sequence in float16, from a state of zeros or one that is an input. */
#ifndef BW_RECURRENT_GIVEN_F16_H
#define BW_RECURRENT_GIVEN_F16_H

#include "bw_recurrent_real_params.h"

typedef bw_recurrent_given_real_params bw_recurrent_given_f16_params;

void bw_recurrent_given_f16(const bw_recurrent_given_f16_params *p, const void *const *inputs, void *const *outputs,
                            void *scratch);

#endif /* BW_RECURRENT_GIVEN_F16_H */
