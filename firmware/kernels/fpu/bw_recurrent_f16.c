/* RNN, GRU or LSTM in float16, with a state that is kept. */
#include "bw_recurrent_f16.h"

#define BW_HALF
#include "bw_recurrent_real.h"

void bw_recurrent_f16(const bw_recurrent_f16_params *p, const uint16_t *input, uint16_t *output, uint16_t *state,
                      void *scratch) {
    bw_recurrent_run_real(p, input, output, state, scratch);
}
