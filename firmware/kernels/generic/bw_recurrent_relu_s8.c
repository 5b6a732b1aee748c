/* Portable step of an RNN with relu. */
#include "bw_recurrent_relu_s8.h"

#include "bw_recurrent_gates_s8.h"

void bw_recurrent_relu_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h) {
    bw_recurrent_gates_s8(p, s, 0, p->cells, 0, s->gates);
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] = s->gates[i] > 0 ? s->gates[i] : 0;
    }
}
