/* RNN, GRU or LSTM in float16, from a state of zeros. */
#include "bw_recurrent_whole_f16.h"

#include <string.h>

void bw_recurrent_whole_f16(const bw_recurrent_whole_f16_params *p, const uint16_t *input, uint16_t *output,
                            void *scratch) {
    static const int32_t gates_of[] = {1, 3, 4};
    const int32_t parts = p->kind == 2 ? 2 : 1, rows = gates_of[p->kind] * p->cells;
    uint16_t *const state = (uint16_t *)(void *)((float *)scratch + 2 * rows) + p->cells;
    memset(state, 0, (uint32_t)(p->batch * parts * p->cells) * sizeof *state);
    bw_recurrent_f16(p, input, output, state, scratch);
}
