/* RNN, GRU or LSTM in float16, from a state of zeros or one that is an input. */
#include "bw_recurrent_given_f16.h"

#define BW_HALF
#include "bw_recurrent_real.h"

void bw_recurrent_given_f16(const bw_recurrent_given_f16_params *p, const void *const *inputs, void *const *outputs,
                            void *scratch) {
    bw_recurrent_given_run_real(p, inputs, outputs, scratch);
}
