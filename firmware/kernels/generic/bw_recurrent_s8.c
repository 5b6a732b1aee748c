/* Portable recurrent layers. */
#include "bw_recurrent_s8.h"

#include "bw_fixedpoint.h"
#include "bw_pwl_s16.h"

static int32_t saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* a * b with a in Q0.15, rounded half up; the product must fit int32. */
static int32_t times(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

static int32_t rescale(const bw_recurrent_s8_product *product, int32_t row, int32_t sum) {
    return bw_requantize_double(sum, product->multiplier[row], product->shift[row]);
}

static int32_t dot_s16(const int8_t *weights, const int16_t *values, int32_t count, int32_t sum) {
    for (int32_t i = 0; i < count; ++i) {
        sum += weights[i] * values[i];
    }
    return sum;
}

static int32_t dot_s8(const int8_t *weights, const int8_t *values, int32_t count, int32_t sum) {
    for (int32_t i = 0; i < count; ++i) {
        sum += weights[i] * values[i];
    }
    return sum;
}

/* A row of the product with the input, in units of 2^-12. */
static int32_t of_input(const bw_recurrent_s8_params *p, const void *x, int32_t row) {
    const int8_t *weights = p->of_input.weights + row * p->inputs;
    const int32_t bias = p->of_input.bias[row];
    return rescale(&p->of_input, row,
                   p->wide_input ? dot_s16(weights, x, p->inputs, bias) : dot_s8(weights, x, p->inputs, bias));
}

/* The same with the state. */
static int32_t of_state(const bw_recurrent_s8_params *p, const int16_t *h, int32_t row) {
    const int8_t *weights = p->of_state.weights + row * p->cells;
    return rescale(&p->of_state, row, dot_s16(weights, h, p->cells, p->of_state.bias[row]));
}

/* A gate before its function, Q3.12. */
static int32_t gate(const bw_recurrent_s8_params *p, const void *x, const int16_t *h, int32_t row) {
    return saturate(of_input(p, x, row) + of_state(p, h, row));
}

static void step_rnn(const bw_recurrent_s8_params *p, const void *x, const int16_t *h, int16_t *next) {
    for (int32_t i = 0; i < p->cells; ++i) {
        next[i] = (int16_t)bw_tanh_pwl(gate(p, x, h, i), 3);
    }
}

/* next [3][cells]: the new values, then reset and update gates. */
static void step_gru(const bw_recurrent_s8_params *p, const void *x, const int16_t *h, int16_t *next) {
    int16_t *const reset = next + p->cells, *const update = reset + p->cells;
    for (int32_t i = 0; i < p->cells; ++i) {
        const int32_t r = bw_logistic_pwl(gate(p, x, h, i), 3);
        reset[i] = (int16_t)(p->reset_after ? r : times(r, h[i]));
        update[i] = (int16_t)bw_logistic_pwl(gate(p, x, h, p->cells + i), 3);
    }
    for (int32_t i = 0; i < p->cells; ++i) {
        const int32_t row = 2 * p->cells + i;
        const int32_t recurrent = of_state(p, p->reset_after ? h : reset, row);
        const int32_t share = p->reset_after ? (int32_t)(((int64_t)reset[i] * recurrent + (1 << 14)) >> 15) : recurrent;
        const int32_t new = bw_tanh_pwl(saturate(of_input(p, x, row) + share), 3);
        next[i] = (int16_t)(new + times(update[i], h[i] - new)); /* 32767 * 65534 and one half fit int32 */
    }
}

static void step_lstm(const bw_recurrent_s8_params *p, const void *x, const int16_t *h, int16_t *cell, int16_t *next) {
    for (int32_t i = 0; i < p->cells; ++i) {
        const int32_t enter = bw_logistic_pwl(gate(p, x, h, i), 3);
        const int32_t forget = bw_logistic_pwl(gate(p, x, h, p->cells + i), 3);
        const int32_t new = bw_tanh_pwl(gate(p, x, h, 2 * p->cells + i), 3);
        const int32_t leave = bw_logistic_pwl(gate(p, x, h, 3 * p->cells + i), 3);
        /* Products of 2^-26 and 2^-30, rounded once. */
        const int64_t sum = (int64_t)forget * cell[i] * 16 + enter * new + (1 << 18);
        cell[i] = (int16_t)saturate((int32_t)(sum >> 19));
        next[i] = (int16_t)times(leave, bw_tanh_pwl(cell[i], 4));
    }
}

static void put(const bw_recurrent_s8_params *p, const int16_t *h, void *output, int32_t row) {
    for (int32_t k = 0; k < p->cells; ++k) {
        const int32_t value = bw_requantize_double(h[k], p->multiplier, p->shift) + p->zero_point;
        if (p->wide_output) {
            ((int16_t *)output)[row * p->cells + k] = (int16_t)saturate(value);
        } else {
            ((int8_t *)output)[row * p->cells + k] = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, int16_t *state, void *scratch) {
    int16_t *const next = scratch;
    for (int32_t batch = 0; batch < p->batch; ++batch, state += (p->kind == BW_LSTM ? 2 : 1) * p->cells) {
        for (int32_t i = 0; i < p->steps; ++i) {
            const int32_t step = p->reverse ? p->steps - 1 - i : i;
            const int32_t row = batch * p->batch_stride + step * p->step_stride;
            const void *x = (const int8_t *)input + row * p->inputs * (p->wide_input ? 2 : 1);
            if (p->kind == BW_RNN) {
                step_rnn(p, x, state, next);
            } else if (p->kind == BW_GRU) {
                step_gru(p, x, state, next);
            } else {
                step_lstm(p, x, state, state + p->cells, next);
            }
            for (int32_t k = 0; k < p->cells; ++k) {
                state[k] = next[k];
            }
            put(p, state, output, row);
        }
    }
}
