/* Portable recurrent layers; the products and runs of functions are the instruction set's. */
#include "bw_recurrent_s8.h"

#include <stddef.h>

#include "bw_fixedpoint.h"
#include "bw_pwl_run_s16.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"

/* A step's operands, as bw_rows_column_s8.h lays columns out, its gates, and room for a column of hidden values. */
typedef struct {
    const void *x, *h;
    int16_t *gates;
    void *room;
} step;

static int32_t saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* a * b with a in Q0.15, rounded half up; the product must fit int32. */
static int32_t times(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

/* Rows up to a multiple of four values. */
static int32_t padded(int32_t count) { return (count + 3) & ~3; }

static void sum_rows(const bw_recurrent_s8_product *product, const void *column, int32_t depth, int32_t wide,
                     int32_t row, int32_t count, int32_t *sums) {
    const int8_t *const weights = product->weights + row * depth;
    if (wide) {
        bw_rows_s16(weights, column, depth, count, product->bias + row, sums);
    } else {
        bw_rows_s8(weights, column, depth, count, product->bias + row, sums);
    }
}

/* The gates of rows up to `end` before their functions, Q3.12; with `reset`, Q0.15, it scales the product with the
 * state. */
static void gates(const bw_recurrent_s8_params *p, const step *s, int32_t row, int32_t end, const int16_t *reset,
                  int16_t *to) {
    int32_t sums[2][BW_GATE_BLOCK];
    for (; row < end; row += BW_GATE_BLOCK, to += BW_GATE_BLOCK) {
        const int32_t count = end - row < BW_GATE_BLOCK ? end - row : BW_GATE_BLOCK;
        sum_rows(&p->of_input, s->x, padded(p->inputs), p->wide_input, row, count, sums[0]);
        sum_rows(&p->of_state, s->h, padded(p->cells), 1, row, count, sums[1]);
        if (reset == NULL) {
            bw_gate_sums_s16(&p->of_input.scale, &p->of_state.scale, sums, row, count, to);
            continue;
        }
        for (int32_t i = 0; i < count; ++i) {
            const bw_gate_scale *const of_x = &p->of_input.scale, *const of_h = &p->of_state.scale;
            const int32_t first = bw_requantize_high(sums[0][i], of_x->multiplier[row + i], of_x->left, of_x->right);
            const int32_t second = bw_requantize_high(sums[1][i], of_h->multiplier[row + i], of_h->left, of_h->right);
            to[i] = (int16_t)saturate(first + (int32_t)(((int64_t)*reset++ * second + (1 << 14)) >> 15));
        }
    }
}

static void step_rnn(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    gates(p, s, 0, p->cells, NULL, s->gates);
    bw_tanh_run_s16(s->gates, p->cells, 3, h);
}

static void step_gru(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    int16_t *const reset = s->gates, *const update = reset + p->cells, *const new = update + p->cells;
    step last = *s;
    gates(p, s, 0, 2 * p->cells, NULL, reset);
    bw_logistic_run_s16(reset, 2 * p->cells, 3, reset);
    if (!p->reset_after) {
        for (int32_t i = 0; i < p->cells; ++i) {
            reset[i] = (int16_t)times(reset[i], h[i]);
        }
        last.h = bw_rows_column_s16(reset, p->cells, s->room);
    }
    gates(p, &last, 2 * p->cells, 3 * p->cells, p->reset_after ? reset : NULL, new);
    bw_tanh_run_s16(new, p->cells, 3, new);
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] = (int16_t)(new[i] + times(update[i], h[i] - new[i])); /* 32767 * 65534 and one half fit int32 */
    }
}

static void step_lstm(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    int16_t *const enter = s->gates, *const forget = enter + p->cells, *const new = forget + p->cells;
    int16_t *const leave = new + p->cells, *const cell = h + p->cells;
    gates(p, s, 0, 4 * p->cells, NULL, enter);
    bw_logistic_run_s16(enter, 2 * p->cells, 3, enter);
    bw_tanh_run_s16(new, p->cells, 3, new);
    bw_logistic_run_s16(leave, p->cells, 3, leave);
    for (int32_t i = 0; i < p->cells; ++i) {
        /* Products of 2^-26 and 2^-30, rounded once: (16 a + b + 2^18) / 2^19. */
        const int32_t sum = forget[i] * cell[i] + ((enter[i] * new[i] + (1 << 18)) >> 4);
        cell[i] = (int16_t)saturate(sum >> 15);
    }
    bw_tanh_run_s16(cell, p->cells, 4, h);
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] = (int16_t)times(leave[i], h[i]);
    }
}

static void put(const bw_recurrent_s8_params *p, const int16_t *h, void *output, int32_t row) {
    for (int32_t k = 0; k < p->cells; ++k) {
        const int32_t value = bw_requantize_high(h[k], p->multiplier, p->left, p->right) + p->zero_point;
        if (p->wide_output) {
            ((int16_t *)output)[row * p->cells + k] = (int16_t)saturate(value);
        } else {
            ((int8_t *)output)[row * p->cells + k] = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}

/* One step from the row of the input. */
static void take_step(const bw_recurrent_s8_params *p, const void *input, int32_t row, int16_t *h, int16_t *scratch) {
    int16_t *const column = scratch + padded((p->kind == BW_RNN ? 1 : p->kind == BW_GRU ? 3 : 4) * p->cells);
    int16_t *const room = column + padded(p->inputs);
    const void *const x = p->wide_input
                              ? bw_rows_column_s16((const int16_t *)input + row * p->inputs, p->inputs, column)
                              : bw_rows_column_s8((const int8_t *)input + row * p->inputs, p->inputs, column);
    const step s = {x, bw_rows_column_s16(h, p->cells, room), scratch, room};
    if (p->kind == BW_RNN) {
        step_rnn(p, &s, h);
    } else if (p->kind == BW_GRU) {
        step_gru(p, &s, h);
    } else {
        step_lstm(p, &s, h);
    }
}

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, int16_t *state, void *scratch) {
    for (int32_t batch = 0; batch < p->batch; ++batch, state += (p->kind == BW_LSTM ? 2 : 1) * p->cells) {
        for (int32_t i = 0; i < p->steps; ++i) {
            const int32_t row = batch * p->batch_stride + (p->reverse ? p->steps - 1 - i : i) * p->step_stride;
            take_step(p, input, row, state, scratch);
            put(p, state, output, row);
        }
    }
}
