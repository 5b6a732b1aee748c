/* Recurrent layers in float; bw_recurrent_real_params.h states layout, scratch and cost. Steps follow from the products
 * of their gates: with the input, x, and with the hidden values, a, [gates][cells] each. */
#ifndef BW_RECURRENT_REAL_H
#define BW_RECURRENT_REAL_H

#include "bw_fully_connected_real.h"
#include "bw_functions_real.h"
#include "bw_product_real.h"
#include "bw_recurrent_real_params.h"

static inline void bw_rnn_real(int32_t cells, int32_t relu, const float *x, const float *a, bw_real *hidden) {
    for (int32_t i = 0; i < cells; ++i) {
        const float gate = x[i] + a[i];
        bw_keep(hidden + i, relu == 0 ? bw_tanh_real(gate) : gate > 0.0F ? gate : 0.0F);
    }
}

static inline void bw_lstm_real(int32_t cells, const float *x, const float *a, bw_real *hidden, bw_real *kept) {
    for (int32_t i = 0; i < cells; ++i) {
        const int32_t f = i + cells, g = f + cells, o = g + cells;
        const float old = bw_logistic_real(x[f] + a[f]) * bw_load(kept + i);
        bw_keep(kept + i, old + bw_logistic_real(x[i] + a[i]) * bw_tanh_real(x[g] + a[g]));
        bw_keep(hidden + i, bw_logistic_real(x[o] + a[o]) * bw_tanh_real(bw_load(kept + i)));
    }
}

/* The reset gates times the hidden values. */
static inline void bw_reset_real(int32_t cells, const float *x, const float *a, const bw_real *hidden, bw_real *reset) {
    for (int32_t i = 0; i < cells; ++i) {
        bw_keep(reset + i, bw_logistic_real(x[i] + a[i]) * bw_load(hidden + i));
    }
}

static inline void bw_gru_real(int32_t cells, int32_t reset_after, const float *x, const float *a, bw_real *hidden) {
    for (int32_t i = 0; i < cells; ++i) {
        const int32_t z = i + cells, n = z + cells;
        const float update = bw_logistic_real(x[z] + a[z]);
        const float recurrent = reset_after ? bw_logistic_real(x[i] + a[i]) * a[n] : a[n];
        const float fresh = bw_tanh_real(x[n] + recurrent);
        bw_keep(hidden + i, fresh + update * (bw_load(hidden + i) - fresh));
    }
}

static inline int32_t bw_gate_rows_real(const bw_recurrent_real_params *p) {
    return (p->kind == BW_REAL_RNN ? 1 : p->kind == BW_REAL_GRU ? 3 : 4) * p->cells;
}

/* Rows of a product from `first` on. */
static inline void bw_gates_real(const bw_recurrent_real_product *w, int32_t first, int32_t rows, int32_t depth,
                                 const bw_real *x, float *results) {
    bw_product_real(rows, depth, w->weights + first * depth, w->scale + first, w->bias + first, x, results + first);
}

static inline void bw_recurrent_step_real(const bw_recurrent_real_params *p, const bw_real *input, bw_real *state,
                                          float *scratch) {
    const int32_t cells = p->cells, rows = bw_gate_rows_real(p);
    float *const x = scratch, *const a = x + rows;
    bw_real *const room = (bw_real *)(void *)(a + rows); /* [cells] */
    const int32_t apart = p->kind == BW_REAL_GRU && !p->reset_after ? cells : 0;
    bw_gates_real(&p->of_input, 0, rows, p->inputs, input, x);
    bw_gates_real(&p->of_state, 0, rows - apart, p->hidden, state, a);
    if (p->kind == BW_REAL_RNN) {
        bw_rnn_real(cells, p->relu, x, a, state);
    } else if (p->kind == BW_REAL_GRU) {
        if (apart) {
            bw_reset_real(cells, x, a, state, room);
            bw_gates_real(&p->of_state, rows - apart, apart, p->hidden, room, a);
        }
        bw_gru_real(cells, p->reset_after, x, a, state);
    } else {
        const bw_recurrent_real_product *const w = &p->projection;
        bw_lstm_real(cells, x, a, w->weights ? room : state, state + p->hidden);
        if (w->weights) {
            bw_fully_connected_real(p->hidden, cells, w->weights, w->scale, w->bias, -BW_REAL_MOST, BW_REAL_MOST, room,
                                    state);
        }
    }
}

static inline int32_t bw_state_width_real(const bw_recurrent_real_params *p) {
    return p->hidden + (p->kind == BW_REAL_LSTM ? p->cells : 0);
}

/* Sequences of so many steps each, [batch]; null: all have `steps`. */
static inline void bw_recurrent_lengths_real(const bw_recurrent_real_params *p, const int32_t *lengths,
                                             const bw_real *input, bw_real *output, bw_real *state, void *scratch) {
    const uint32_t row_size = (uint32_t)p->hidden * sizeof *output;
    const int32_t width = bw_state_width_real(p);
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        bw_real *const own = state + batch * width;
        const int32_t first = batch * p->batch_stride, given = lengths ? lengths[batch] : p->steps;
        const int32_t steps = given < 0 ? 0 : given < p->steps ? given : p->steps;
        if (steps == 0) {
            memset(own, 0, (uint32_t)width * sizeof *own);
        }
        for (int32_t turn = 0; turn < steps; ++turn) {
            const int32_t row = first + (p->reverse ? steps - 1 - turn : turn) * p->step_stride;
            bw_recurrent_step_real(p, input + row * p->inputs, own, (float *)scratch);
            memcpy(output + row * p->hidden, own, row_size);
        }
        for (int32_t at = steps; at < p->steps; ++at) {
            memset(output + (first + at * p->step_stride) * p->hidden, 0, row_size);
        }
    }
}

static inline void bw_recurrent_run_real(const bw_recurrent_real_params *p, const bw_real *input, bw_real *output,
                                         bw_real *state, void *scratch) {
    bw_recurrent_lengths_real(p, 0, input, output, state, scratch);
}

static inline void bw_recurrent_given_run_real(const bw_recurrent_given_real_params *p, const void *const *inputs,
                                               void *const *outputs, void *scratch) {
    const bw_recurrent_real_params *const layer = &p->layer;
    const int32_t width = bw_state_width_real(layer), rows = bw_gate_rows_real(layer);
    const int32_t starts[2] = {0, layer->hidden}, widths[2] = {layer->hidden, layer->cells};
    const bw_real *const given[2] = {(const bw_real *)(p->hidden ? inputs[1] : 0),
                                     (const bw_real *)(p->cells ? inputs[p->hidden ? 2 : 1] : 0)};
    const int32_t *const lengths = (const int32_t *)(p->lengths ? inputs[1 + (p->hidden != 0) + (p->cells != 0)] : 0);
    bw_real *const state = (bw_real *)(void *)((float *)scratch + 2 * rows) + layer->cells;
    memset(state, 0, (uint32_t)(layer->batch * width) * sizeof *state);
    for (int32_t part = 0; part < 2; ++part) {
        for (int32_t i = 0; given[part] && i < layer->batch; ++i) {
            memcpy(state + i * width + starts[part], given[part] + i * widths[part],
                   (uint32_t)widths[part] * sizeof *state);
        }
    }
    bw_recurrent_lengths_real(layer, lengths, (const bw_real *)inputs[0], (bw_real *)outputs[0], state, scratch);
    for (int32_t part = 0; part < p->last; ++part) {
        bw_real *const last = (bw_real *)outputs[1 + part];
        for (int32_t i = 0; i < layer->batch; ++i) {
            memcpy(last + i * widths[part], state + i * width + starts[part], (uint32_t)widths[part] * sizeof *state);
        }
    }
}

#endif /* BW_RECURRENT_REAL_H */
