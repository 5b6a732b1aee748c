/* Portable LSTM. */
#include "bw_lstm_s8.h"

#include <stddef.h>

#include "bw_fixedpoint.h"
#include "bw_gates_s16.h"
#include "bw_inner_s8.h"

enum { ENTER, FORGET, UPDATE, LEAVE };

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

/* One gate of all cells before its activation, in Q3.12. */
static void compute_gate(const bw_lstm_s8_params *p, const bw_lstm_s8_gate *gate, const int8_t *input,
                         const int8_t *state, int16_t *values) {
    for (int32_t i = 0; i < p->cells; ++i) {
        const int32_t x = bw_inner_s8(gate->input_weights + i * p->inputs, input, p->inputs, gate->input_bias[i]);
        const int32_t h =
            bw_inner_s8(gate->recurrent_weights + i * p->outputs, state, p->outputs, gate->recurrent_bias[i]);
        const int32_t first = saturate(bw_requantize_double(x, gate->input_multiplier, gate->input_shift));
        const int32_t second = bw_requantize_double(h, gate->recurrent_multiplier, gate->recurrent_shift);
        values[i] = (int16_t)saturate(first + second);
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

static void project(const bw_lstm_s8_params *p, const int8_t *hidden, int8_t *state) {
    for (int32_t i = 0; i < p->outputs; ++i) {
        const int32_t acc = bw_inner_s8(p->projection_weights + i * p->cells, hidden, p->cells, p->projection_bias[i]);
        const int32_t scaled = bw_requantize_double(acc, p->projection_multiplier, p->projection_shift);
        const int32_t value = bw_clamp(scaled + p->output_zero_point, INT8_MIN, INT8_MAX);
        state[i] = (int8_t)(p->projection_clip ? bw_clamp(value, -p->projection_clip, p->projection_clip) : value);
    }
}

static void step(const bw_lstm_s8_params *p, const int8_t *input, int8_t *state, int16_t *cell, int16_t *gates) {
    int8_t *const hidden = p->projection_weights != NULL ? (int8_t *)(gates + 4 * p->cells) : state;
    if (p->enter.input_weights != NULL) {
        compute_gate(p, &p->enter, input, state, gates + ENTER * p->cells);
    }
    compute_gate(p, &p->forget, input, state, gates + FORGET * p->cells);
    compute_gate(p, &p->update, input, state, gates + UPDATE * p->cells);
    compute_gate(p, &p->leave, input, state, gates + LEAVE * p->cells);
    for (int32_t i = 0; i < p->cells; ++i) {
        cell[i] = (int16_t)next_cell(p, gates, i, cell[i]);
        const int32_t leave = bw_logistic_s16(gates[LEAVE * p->cells + i], 3);
        const int32_t product = leave * bw_tanh_s16(cell[i], 15 + p->cell_shift);
        const int32_t scaled = bw_requantize_double(product, p->hidden_multiplier, p->hidden_shift);
        hidden[i] = (int8_t)bw_clamp(scaled + p->hidden_zero_point, INT8_MIN, INT8_MAX);
    }
    if (p->projection_weights != NULL) {
        project(p, hidden, state);
    }
}

void bw_lstm_s8(const bw_lstm_s8_params *p, const int8_t *input, int8_t *output, int8_t *state, int16_t *cell,
                void *scratch) {
    for (int32_t batch = 0; batch < p->batch; ++batch, state += p->outputs, cell += p->cells) {
        for (int32_t i = 0; i < p->steps; ++i) {
            const int32_t row = batch * p->batch_stride + i * p->step_stride;
            step(p, input + row * p->inputs, state, cell, scratch);
            for (int32_t k = 0; k < p->outputs; ++k) {
                output[row * p->outputs + k] = state[k];
            }
        }
    }
}
