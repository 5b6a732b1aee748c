/* RNN, GRU or LSTM in float32, from a state of zeros. */
#include "bw_recurrent_whole_f32.h"

#include <string.h>

void bw_recurrent_whole_f32(const bw_recurrent_whole_f32_params *p, const float *input, float *output, void *scratch) {
    static const int32_t gates_of[] = {1, 3, 4};
    const int32_t parts = p->kind == 2 ? 2 : 1, rows = gates_of[p->kind] * p->cells;
    float *const state = (float *)scratch + 2 * rows + p->cells;
    memset(state, 0, (uint32_t)(p->batch * parts * p->cells) * sizeof *state);
    bw_recurrent_f32(p, input, output, state, scratch);
}
