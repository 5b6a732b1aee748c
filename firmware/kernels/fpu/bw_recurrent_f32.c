/* RNN, GRU or LSTM in float32, with a state that is kept. */
#include "bw_recurrent_f32.h"

#include "bw_recurrent_real.h"

void bw_recurrent_f32(const bw_recurrent_f32_params *p, const float *input, float *output, float *state,
                      void *scratch) {
    bw_recurrent_run_real(p, input, output, state, scratch);
}
