/* RNN, GRU or LSTM over a sequence in float32, from a state of zeros or one that is an input. */
#ifndef BW_RECURRENT_GIVEN_F32_H
#define BW_RECURRENT_GIVEN_F32_H

#include "bw_recurrent_real_params.h"

typedef bw_recurrent_given_real_params bw_recurrent_given_f32_params;

void bw_recurrent_given_f32(const bw_recurrent_given_f32_params *p, const void *const *inputs, void *const *outputs,
                            void *scratch);

#endif /* BW_RECURRENT_GIVEN_F32_H */
