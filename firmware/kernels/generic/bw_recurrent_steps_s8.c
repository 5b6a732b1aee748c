/* Portable loop over the steps of recurrent layers. */
#include "bw_recurrent_steps_s8.h"

#include "bw_recurrent_take_s8.h"

void bw_recurrent_steps_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                           void *state, void *scratch) {
    bw_recurrent_stream weights = bw_recurrent_begin_s8(p, p->batch * p->steps, scratch);
    int16_t *h = state;
    (void)lengths;
    for (int32_t batch = 0; batch < p->batch; ++batch, h += p->hidden + p->kept_cells) {
        for (int32_t i = 0; i < p->steps; ++i) {
            const int32_t row = batch * p->batch_stride + (p->reverse ? p->steps - 1 - i : i) * p->step_stride;
            bw_recurrent_take_s8(p, input, output, row, h, h, scratch, &weights);
        }
    }
}
