/* RNN, GRU or LSTM over a sequence in float32, with a state that is kept. */
#ifndef BW_RECURRENT_F32_H
#define BW_RECURRENT_F32_H

#include "bw_recurrent_real_params.h"

typedef bw_recurrent_real_params bw_recurrent_f32_params;

void bw_recurrent_f32(const bw_recurrent_f32_params *p, const float *input, float *output, float *state, void *scratch);

#endif /* BW_RECURRENT_F32_H */
