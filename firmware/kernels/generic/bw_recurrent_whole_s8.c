/* Portable recurrent layer over a whole sequence. */
#include "bw_recurrent_whole_s8.h"

#include "bw_recurrent_s8.h"

void bw_recurrent_whole_s8(const bw_recurrent_whole_s8_params *p, const void *input, void *output, void *scratch) {
    int32_t *const state = scratch;
    const int32_t count = p->batch * (p->hidden + p->kept_cells);
    const int32_t words = p->narrow_state ? (count + 3) / 4 : (count + 1) / 2;
    for (int32_t i = 0; i < words; ++i) {
        state[i] = 0;
    }
    p->loop(p, 0, input, output, state, state + words);
}
