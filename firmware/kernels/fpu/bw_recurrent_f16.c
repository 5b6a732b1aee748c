/* RNN, GRU or LSTM in float16. */
#include "bw_recurrent_f16.h"

#define BW_HALF
#include "bw_recurrent_real.h"

#include "bw_product_real.h"

static void step(const bw_recurrent_f16_params *p, const uint16_t *input, uint16_t *state, void *scratch) {
    static const int32_t gates_of[] = {1, 3, 4};
    const int32_t cells = p->cells, rows = gates_of[p->kind] * cells;
    float *const x = scratch, *const a = x + rows;
    const bw_recurrent_f16_product *const w = &p->of_state;
    bw_product_real(rows, p->inputs, p->of_input.weights, p->of_input.scale, p->of_input.bias, input, x);
    if (p->kind == 2) {
        bw_product_real(rows, cells, w->weights, w->scale, w->bias, state, a);
        bw_lstm_real(cells, x, a, state, state + cells);
    } else if (p->kind == 0 || p->reset_after) {
        bw_product_real(rows, cells, w->weights, w->scale, w->bias, state, a);
        if (p->kind == 0) {
            bw_rnn_real(cells, x, a, state);
        } else {
            bw_gru_real(cells, 1, x, a, state);
        }
    } else {
        const int32_t last = 2 * cells;
        uint16_t *const reset = (void *)(a + rows);
        bw_product_real(last, cells, w->weights, w->scale, w->bias, state, a);
        bw_reset_real(cells, x, a, state, reset);
        bw_product_real(cells, cells, w->weights + last * cells, w->scale + last, w->bias + last, reset, a + last);
        bw_gru_real(cells, 0, x, a, state);
    }
}

void bw_recurrent_f16(const bw_recurrent_f16_params *p, const uint16_t *input, uint16_t *output, uint16_t *state,
                      void *scratch) {
    const int32_t parts = p->kind == 2 ? 2 : 1;
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        uint16_t *const own = state + batch * parts * p->cells;
        for (int32_t turn = 0; turn < p->steps; ++turn) {
            const int32_t at = p->reverse ? p->steps - 1 - turn : turn;
            const int32_t row = batch * p->batch_stride + at * p->step_stride;
            step(p, input + row * p->inputs, own, scratch);
            memcpy(output + row * p->cells, own, (uint32_t)p->cells * sizeof *own);
        }
    }
}
