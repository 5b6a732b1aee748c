/* RNN, GRU or LSTM in float32, from a state of zeros or one that is an input. */
#include "bw_recurrent_given_f32.h"

#include "bw_recurrent_real.h"

void bw_recurrent_given_f32(const bw_recurrent_given_f32_params *p, const void *const *inputs, void *const *outputs,
                            void *scratch) {
    bw_recurrent_given_run_real(p, inputs, outputs, scratch);
}
