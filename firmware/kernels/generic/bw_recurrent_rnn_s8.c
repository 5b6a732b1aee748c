/* Portable step of an RNN. */
#include "bw_recurrent_rnn_s8.h"

#include "bw_pwl_run_s16.h"
#include "bw_recurrent_gates_s8.h"

void bw_recurrent_rnn_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h) {
    bw_recurrent_gates_s8(p, s, 0, p->cells, 0, s->gates);
    bw_tanh_run_s16(s->gates, p->cells, 3, h);
}
