/* Portable recurrent layer whose state is kept from one call to the next. */
#include "bw_recurrent_s8.h"

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, void *state, void *scratch) {
    p->loop(p, 0, input, output, state, scratch);
}
