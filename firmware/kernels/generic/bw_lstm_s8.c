/* Portable LSTM. */
#include "bw_lstm_s8.h"

#include <stddef.h>

#include "bw_fixedpoint.h"
#include "bw_gates_s16.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"

enum { ENTER, FORGET, UPDATE, LEAVE };
enum { BLOCK = 16 }; /* rows whose sums wait on the stack */

/* Where things lie in the scratch; the columns as bw_rows_column_s8.h has them. */
typedef struct {
    int16_t *gates;
    int16_t *input, *state, *hidden; /* columns */
    int8_t *values;                  /* hidden values where they are projected */
} room;

/* Rows up to a multiple of four values. */
static int32_t padded(int32_t count) { return (count + 3) & ~3; }

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static int32_t saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* x * 2^exponent: saturating to the left, rounded to the right. */
static int32_t times_pot(int32_t x, int32_t exponent) {
    if (exponent <= 0) {
        return bw_divide_by_pot(x, -exponent);
    }
    const int32_t limit = INT32_MAX >> exponent;
    return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : bw_shl32(x, exponent);
}

/* 1 / sqrt(x) of a positive x as a Q31 multiplier and a shift: x is scaled by a power of four to [1/4, 1), and five
 * Newton-Raphson steps from 1 follow, with three integer bits. */
static int32_t inverse_sqrt(int32_t x, int32_t *shift) {
    if (x == 1) {
        *shift = 0;
        return INT32_MAX;
    }
    int32_t fours = 0, pairs = 0;
    for (; x >= 1 << 29; x /= 4) {
        ++fours;
    }
    for (int32_t scaled = x; scaled < 1 << 27; scaled <<= 2) {
        ++pairs;
    }
    const int32_t half = bw_divide_by_pot(bw_shl32(x, 2 * pairs) >> 1, 1);
    int32_t root = 1 << 28;
    for (int32_t step = 0; step < 5; ++step) {
        const int32_t cube = times_pot(bw_srdhm(bw_srdhm(root, root), root), 6);
        root = times_pot(bw_srdhm(3 << 27, root) - bw_srdhm(half, cube), 3);
    }
    *shift = pairs - fours - 11;
    return bw_srdhm(root, 1518500250); /* sqrt(1/2) */
}

/* Layer normalization over the cells, in place. */
static void normalize(const bw_lstm_s8_gate *gate, int16_t *values, int32_t count) {
    int32_t sum = 0, shift;
    int64_t squares = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    const int32_t mean = (int32_t)((int64_t)sum * 1024 / count);
    const int64_t variance = (squares * ((1 << 20) / count) - (int64_t)mean * mean) / (1 << 20);
    const int32_t multiplier = inverse_sqrt(variance < 1 ? gate->variance_guard : (int32_t)variance, &shift);
    for (int32_t i = 0; i < count; ++i) {
        const int32_t centred = bw_requantize_double(1024 * values[i] - mean, multiplier, shift);
        const int64_t weighted =
            (int64_t)(int32_t)((uint32_t)centred * (uint32_t)gate->norm_weights[i]) + gate->norm_bias[i];
        const int32_t rounded = (int32_t)((weighted + (weighted > 0 ? 512 : -512)) / 1024);
        values[i] = (int16_t)saturate(bw_requantize_double(rounded, gate->norm_multiplier, gate->norm_shift + 12));
    }
}

/* One gate of all cells before its activation, in Q3.12, from the columns of the input and of the state. */
static void compute_gate(const bw_lstm_s8_params *p, const bw_lstm_s8_gate *gate, const void *input, const void *state,
                         int16_t *values) {
    const int32_t inputs = padded(p->inputs), outputs = padded(p->outputs);
    int32_t x[BLOCK], h[BLOCK];
    for (int32_t row = 0; row < p->cells; row += BLOCK) {
        const int32_t count = smaller(p->cells - row, BLOCK);
        bw_rows_s8(gate->input_weights + row * inputs, input, inputs, count, gate->input_bias + row, x);
        bw_rows_s8(gate->recurrent_weights + row * outputs, state, outputs, count, gate->recurrent_bias + row, h);
        for (int32_t i = 0; i < count; ++i) {
            const int32_t first = saturate(bw_requantize_double(x[i], gate->input_multiplier, gate->input_shift));
            const int32_t second = bw_requantize_double(h[i], gate->recurrent_multiplier, gate->recurrent_shift);
            values[row + i] = (int16_t)saturate(first + second);
        }
    }
    if (gate->norm_weights != NULL) {
        normalize(gate, values, p->cells);
    }
}

/* The cell after a step, from the gates [4][cells] before their activations. */
static int32_t next_cell(const bw_lstm_s8_params *p, const int16_t *gates, int32_t i, int32_t before) {
    const int32_t forget = bw_logistic_s16(gates[FORGET * p->cells + i], 3);
    const int32_t enter =
        p->enter.input_weights == NULL ? INT16_MAX - forget : bw_logistic_s16(gates[ENTER * p->cells + i], 3);
    const int32_t update = bw_tanh_s16(gates[UPDATE * p->cells + i], 3);
    const int32_t kept = bw_divide_by_pot(forget * before, 15);
    const int32_t cell = saturate(kept + bw_divide_by_pot(enter * update, 30 + p->cell_shift));
    return p->cell_clip ? bw_clamp(cell, -p->cell_clip, p->cell_clip) : cell;
}

static void project(const bw_lstm_s8_params *p, const void *hidden, int8_t *state) {
    const int32_t cells = padded(p->cells);
    int32_t sums[BLOCK];
    for (int32_t row = 0; row < p->outputs; row += BLOCK) {
        const int32_t count = smaller(p->outputs - row, BLOCK);
        bw_rows_s8(p->projection_weights + row * cells, hidden, cells, count, p->projection_bias + row, sums);
        for (int32_t i = 0; i < count; ++i) {
            const int32_t scaled = bw_requantize_double(sums[i], p->projection_multiplier, p->projection_shift);
            const int32_t value = bw_clamp(scaled + p->output_zero_point, INT8_MIN, INT8_MAX);
            const int32_t clip = p->projection_clip;
            state[row + i] = (int8_t)(clip ? bw_clamp(value, -clip, clip) : value);
        }
    }
}

static void step(const bw_lstm_s8_params *p, const int8_t *input, int8_t *state, int16_t *cell, const room *r) {
    int8_t *const hidden = p->projection_weights != NULL ? r->values : state;
    const void *const x = bw_rows_column_s8(input, p->inputs, r->input);
    const void *const h = bw_rows_column_s8(state, p->outputs, r->state);
    int16_t *const gates = r->gates;
    if (p->enter.input_weights != NULL) {
        compute_gate(p, &p->enter, x, h, gates + ENTER * p->cells);
    }
    compute_gate(p, &p->forget, x, h, gates + FORGET * p->cells);
    compute_gate(p, &p->update, x, h, gates + UPDATE * p->cells);
    compute_gate(p, &p->leave, x, h, gates + LEAVE * p->cells);
    for (int32_t i = 0; i < p->cells; ++i) {
        cell[i] = (int16_t)next_cell(p, gates, i, cell[i]);
        const int32_t leave = bw_logistic_s16(gates[LEAVE * p->cells + i], 3);
        const int32_t product = leave * bw_tanh_s16(cell[i], 15 + p->cell_shift);
        const int32_t scaled = bw_requantize_double(product, p->hidden_multiplier, p->hidden_shift);
        hidden[i] = (int8_t)bw_clamp(scaled + p->hidden_zero_point, INT8_MIN, INT8_MAX);
    }
    if (p->projection_weights != NULL) {
        project(p, bw_rows_column_s8(hidden, p->cells, r->hidden), state);
    }
}

void bw_lstm_s8(const bw_lstm_s8_params *p, const int8_t *input, int8_t *output, int8_t *state, int16_t *cell,
                void *scratch) {
    int16_t *const gates = scratch, *const x = gates + 4 * p->cells, *const h = x + padded(p->inputs);
    int16_t *const hidden = h + padded(p->outputs);
    const room r = {gates, x, h, hidden, (int8_t *)(hidden + padded(p->cells))};
    for (int32_t batch = 0; batch < p->batch; ++batch, state += p->outputs, cell += p->cells) {
        for (int32_t i = 0; i < p->steps; ++i) {
            const int32_t row = batch * p->batch_stride + i * p->step_stride;
            step(p, input + row * p->inputs, state, cell, &r);
            for (int32_t k = 0; k < p->outputs; ++k) {
                output[row * p->outputs + k] = state[k];
            }
        }
    }
}
