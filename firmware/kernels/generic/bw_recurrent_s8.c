/* Portable recurrent layers; the products and runs of functions are the instruction set's. */
#include "bw_recurrent_s8.h"

#include <stddef.h>
#include <string.h>

#include "bw_fixedpoint.h"
#include "bw_pwl_run_s16.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"
#include "bw_stream.h"

/* Weights that come in tiles of rows: the rows of the product with the input, then the same of that with the state; a
 * projection's rows, which are counted after those, in tiles of their own. */
typedef struct {
    int8_t *tiles[2]; /* one is copied while the other is used */
    int32_t place;    /* of the tile to be used next */
    int32_t left;     /* how many are still to be used */
} stream;

/* A step's operands, as bw_rows_column_s8.h lays columns out, its gates, and room for a column of hidden values, which
 * are int8 with a narrow state. */
typedef struct {
    const void *x, *h;
    int16_t *gates;
    void *room;
    stream *weights;
} step;

static int32_t saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* a * b with a in Q0.15, rounded half up; the product must fit int32. */
static int32_t times(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

/* Rows up to a multiple of four values. */
static int32_t padded(int32_t count) { return (count + 3) & ~3; }

static int32_t all_rows(const bw_recurrent_s8_params *p) {
    return (p->kind == BW_RNN ? 1 : p->kind == BW_GRU ? 3 : 4) * p->cells;
}

static int32_t projected_rows(const bw_recurrent_s8_params *p) { return p->projection.weights == NULL ? 0 : p->hidden; }

/* Where the tile ends that begins with a row; a GRU computes its last rows apart. */
static int32_t tile_end(const bw_recurrent_s8_params *p, int32_t row) {
    const int32_t gates = all_rows(p), size = row < gates ? p->tile_rows : p->tile_projected;
    int32_t end = row < gates ? gates : gates + projected_rows(p);
    if (p->kind == BW_GRU && row < 2 * p->cells) {
        end = 2 * p->cells;
    }
    return row + size < end ? row + size : end;
}

static void start_tile(const bw_recurrent_s8_params *p, const stream *s, int32_t row) {
    const int32_t rows = tile_end(p, row) - row, inputs = padded(p->inputs), hidden = padded(p->hidden);
    int8_t *const tile = s->tiles[s->place];
    if (row >= all_rows(p)) {
        const int32_t depth = padded(p->cells);
        bw_stream_start(tile, p->projection.weights + (row - all_rows(p)) * depth, rows * depth);
        return;
    }
    bw_stream_start(tile, p->of_input.weights + row * inputs, rows * inputs);
    bw_stream_start(tile + p->tile_rows * inputs, p->of_state.weights + row * hidden, rows * hidden);
}

/* The tile that begins with a row, when it is there; the copy of the next one begins. */
static const int8_t *take_tile(const bw_recurrent_s8_params *p, stream *s, int32_t row) {
    const int8_t *const tile = s->tiles[s->place];
    bw_stream_wait();
    s->place = 1 - s->place;
    if (--s->left > 0) {
        row = tile_end(p, row);
        start_tile(p, s, row < all_rows(p) + projected_rows(p) ? row : 0);
    }
    return tile;
}

/* The gates of at most BW_GATE_BLOCK rows, their weights given; with `reset`, Q0.15, it scales the product with the
 * state. */
static void block(const bw_recurrent_s8_params *p, const step *s, const int8_t *of_input, const int8_t *of_state,
                  int32_t row, int32_t count, const int16_t *reset, int16_t *to) {
    const bw_gate_scale *const x = &p->of_input.scale, *const h = &p->of_state.scale;
    int32_t sums[2][BW_GATE_BLOCK];
    if (p->wide_input) {
        bw_rows_s16(of_input, s->x, padded(p->inputs), count, p->of_input.bias + row, sums[0]);
    } else {
        bw_rows_s8(of_input, s->x, padded(p->inputs), count, p->of_input.bias + row, sums[0]);
    }
    if (p->narrow_state) {
        bw_rows_s8(of_state, s->h, padded(p->hidden), count, p->of_state.bias + row, sums[1]);
    } else {
        bw_rows_s16(of_state, s->h, padded(p->hidden), count, p->of_state.bias + row, sums[1]);
    }
    if (reset == NULL) {
        bw_gate_sums_s16(x, h, sums, row, count, to);
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        const int32_t first = bw_requantize_high(sums[0][i], x->multiplier[row + i], x->left, x->right);
        const int32_t second = bw_requantize_high(sums[1][i], h->multiplier[row + i], h->left, h->right);
        to[i] = (int16_t)saturate(first + (int32_t)(((int64_t)reset[i] * second + (1 << 14)) >> 15));
    }
}

/* The gates of rows up to `end` before their functions, Q3.12. */
static void gates(const bw_recurrent_s8_params *p, const step *s, int32_t row, int32_t end, const int16_t *reset,
                  int16_t *to) {
    const int32_t begin = row;
    while (row < end) {
        const int32_t last = p->tile_rows > 0 ? tile_end(p, row) : end;
        const int8_t *of_input = p->of_input.weights + row * padded(p->inputs);
        const int8_t *of_state = p->of_state.weights + row * padded(p->hidden);
        if (p->tile_rows > 0) {
            of_input = take_tile(p, s->weights, row);
            of_state = of_input + p->tile_rows * padded(p->inputs);
        }
        while (row < last) {
            const int32_t count = last - row < BW_GATE_BLOCK ? last - row : BW_GATE_BLOCK, at = row - begin;
            block(p, s, of_input, of_state, row, count, reset == NULL ? NULL : reset + at, to + at);
            of_input += count * padded(p->inputs);
            of_state += count * padded(p->hidden);
            row += count;
        }
    }
}

static void step_rnn(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    gates(p, s, 0, p->cells, NULL, s->gates);
    if (p->relu == 0) {
        bw_tanh_run_s16(s->gates, p->cells, 3, h);
        return;
    }
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] = s->gates[i] > 0 ? s->gates[i] : 0;
    }
}

/* The column of the hidden values times `reset`, which they take the place of. */
static const void *scaled(const bw_recurrent_s8_params *p, int16_t *reset, const int16_t *h, void *room) {
    if (!p->narrow_state) {
        for (int32_t i = 0; i < p->cells; ++i) {
            reset[i] = (int16_t)times(reset[i], h[i]);
        }
        return bw_rows_column_s16(reset, p->cells, room);
    }
    int8_t *const bytes = (int8_t *)reset;
    for (int32_t i = 0; i < p->cells; ++i) {
        bytes[i] = (int8_t)times(reset[i], h[i] >> 8);
    }
    return bw_rows_column_s8(bytes, p->cells, room);
}

static void step_gru(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    int16_t *const reset = s->gates, *const update = reset + p->cells, *const new = update + p->cells;
    step last = *s;
    gates(p, s, 0, 2 * p->cells, NULL, reset);
    bw_logistic_run_s16(reset, 2 * p->cells, 3, reset);
    if (!p->reset_after) {
        last.h = scaled(p, reset, h, s->room);
    }
    gates(p, &last, 2 * p->cells, 3 * p->cells, p->reset_after ? reset : NULL, new);
    bw_tanh_run_s16(new, p->cells, 3, new);
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] = (int16_t)(new[i] + times(update[i], h[i] - new[i])); /* 32767 * 65534 and one half fit int32 */
    }
}

/* Hidden values of the cells' outputs, Q0.15; the column of those before is used no more. */
static void project(const bw_recurrent_s8_params *p, const step *s, const int16_t *outputs, int16_t *h) {
    const bw_gate_scale *const scale = &p->projection.scale;
    const int32_t depth = padded(p->cells), gates = all_rows(p);
    const void *const column = bw_rows_column_s16(outputs, p->cells, s->room);
    int32_t row = 0;
    while (row < p->hidden) {
        const int32_t last = p->tile_rows > 0 ? tile_end(p, gates + row) - gates : p->hidden;
        const int8_t *weights = p->projection.weights + row * depth;
        if (p->tile_rows > 0) {
            weights = take_tile(p, s->weights, gates + row);
        }
        while (row < last) {
            const int32_t count = last - row < BW_GATE_BLOCK ? last - row : BW_GATE_BLOCK;
            int32_t sums[BW_GATE_BLOCK];
            bw_rows_s16(weights, column, depth, count, p->projection.bias + row, sums);
            for (int32_t i = 0; i < count; ++i, ++row) {
                h[row] =
                    (int16_t)saturate(bw_requantize_high(sums[i], scale->multiplier[row], scale->left, scale->right));
            }
            weights += count * depth;
        }
    }
}

static void step_lstm(const bw_recurrent_s8_params *p, const step *s, int16_t *h) {
    int16_t *const enter = s->gates, *const forget = enter + p->cells, *const new = forget + p->cells;
    int16_t *const leave = new + p->cells, *const cell = h + p->hidden;
    gates(p, s, 0, 4 * p->cells, NULL, enter);
    bw_logistic_run_s16(enter, 2 * p->cells, 3, enter);
    bw_tanh_run_s16(new, p->cells, 3, new);
    bw_logistic_run_s16(leave, p->cells, 3, leave);
    for (int32_t i = 0; i < p->cells; ++i) {
        /* Products of 2^-26 and 2^-30, rounded once: (16 a + b + 2^18) / 2^19. */
        const int32_t sum = forget[i] * cell[i] + ((enter[i] * new[i] + (1 << 18)) >> 4);
        cell[i] = (int16_t)saturate(sum >> 15);
    }
    int16_t *const outputs = p->projection.weights == NULL ? h : enter;
    bw_tanh_run_s16(cell, p->cells, 4, outputs);
    for (int32_t i = 0; i < p->cells; ++i) {
        outputs[i] = (int16_t)times(leave[i], outputs[i]);
    }
    if (p->projection.weights != NULL) {
        project(p, s, outputs, h);
    }
}

static void put(const bw_recurrent_s8_params *p, const int16_t *h, void *output, int32_t row) {
    for (int32_t k = 0; k < p->hidden; ++k) {
        const int32_t value = bw_requantize_high(h[k], p->multiplier, p->left, p->right) + p->zero_point;
        if (p->wide_output) {
            ((int16_t *)output)[row * p->hidden + k] = (int16_t)saturate(value);
        } else {
            ((int8_t *)output)[row * p->hidden + k] = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}

/* A state of int8, hidden values in units of 2^8 and cells in units of 2^7 of those in which a step computes. */
static void widen(const int8_t *kept, int32_t count, int32_t shift, int16_t *h) {
    for (int32_t i = 0; i < count; ++i) {
        h[i] = (int16_t)(kept[i] * (1 << shift));
    }
}

/* The same, rounded. */
static void narrow(const int16_t *h, int32_t count, int32_t shift, int8_t *kept) {
    for (int32_t i = 0; i < count; ++i) {
        kept[i] = (int8_t)bw_clamp((h[i] + (1 << (shift - 1))) >> shift, INT8_MIN, INT8_MAX);
    }
}

/* One step from the row of the input; hidden values as they are kept, and the state in 16 bits. */
static void take_step(const bw_recurrent_s8_params *p, const void *input, int32_t row, const void *hidden, int16_t *h,
                      int16_t *scratch, stream *weights) {
    int16_t *const column = scratch + padded(all_rows(p));
    int16_t *const room = column + padded(p->inputs);
    const void *const x = p->wide_input
                              ? bw_rows_column_s16((const int16_t *)input + row * p->inputs, p->inputs, column)
                              : bw_rows_column_s8((const int8_t *)input + row * p->inputs, p->inputs, column);
    const void *const column_h =
        p->narrow_state ? bw_rows_column_s8(hidden, p->hidden, room) : bw_rows_column_s16(hidden, p->hidden, room);
    const step s = {x, column_h, scratch, room, weights};
    if (p->kind == BW_RNN) {
        step_rnn(p, &s, h);
    } else if (p->kind == BW_GRU) {
        step_gru(p, &s, h);
    } else {
        step_lstm(p, &s, h);
    }
}

/* Two tiles after the columns; the first begins to be copied unless there are no steps. */
static stream begin_stream(const bw_recurrent_s8_params *p, int32_t steps, int16_t *scratch) {
    const int32_t size = p->tile_rows * (padded(p->inputs) + padded(p->hidden));
    const int32_t projected = p->tile_projected * padded(p->cells), end = all_rows(p) + projected_rows(p);
    const int32_t column = padded(projected > 0 && p->cells > p->hidden ? p->cells : p->hidden);
    int8_t *const tiles = (int8_t *)(scratch + padded(all_rows(p)) + padded(p->inputs) + column);
    stream s = {{tiles, tiles + (projected > size ? projected : size)}, 0, 0};
    if (p->tile_rows > 0 && steps > 0) {
        for (int32_t row = 0; row < end; row = tile_end(p, row)) {
            s.left += steps;
        }
        start_tile(p, &s, 0);
    }
    return s;
}

/* The steps of a sequence. */
static int32_t steps_of(const bw_recurrent_s8_params *p, const int32_t *lengths, int32_t batch) {
    return lengths == NULL ? p->steps : bw_clamp(lengths[batch], 0, p->steps);
}

/* A row of the output that stands for zeros. */
static void put_zeros(const bw_recurrent_s8_params *p, void *output, int32_t row) {
    for (int32_t k = row * p->hidden; k < (row + 1) * p->hidden; ++k) {
        if (p->wide_output) {
            ((int16_t *)output)[k] = (int16_t)p->zero_point;
        } else {
            ((int8_t *)output)[k] = (int8_t)p->zero_point;
        }
    }
}

void bw_recurrent_lengths_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                             void *state, void *scratch) {
    const int32_t width = p->hidden + (p->kind == BW_LSTM ? p->cells : 0), size = p->narrow_state ? 1 : 2;
    int16_t *const room = (int16_t *)scratch + (p->narrow_state ? padded(width) : 0);
    int32_t all = 0;
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        all += steps_of(p, lengths, batch);
    }
    stream weights = begin_stream(p, all, room);
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        int8_t *const kept = (int8_t *)state + batch * width * size;
        int16_t *const h = p->narrow_state ? scratch : (int16_t *)state + batch * width;
        const int32_t steps = steps_of(p, lengths, batch), first = batch * p->batch_stride;
        if (steps == 0) {
            memset(kept, 0, (size_t)(width * size));
        }
        for (int32_t i = 0; i < steps; ++i) {
            const int32_t row = first + (p->reverse ? steps - 1 - i : i) * p->step_stride;
            if (p->narrow_state) {
                widen(kept, p->hidden, 8, h);
                widen(kept + p->hidden, width - p->hidden, 7, h + p->hidden);
                take_step(p, input, row, kept, h, room, &weights);
                narrow(h, p->hidden, 8, kept);
                narrow(h + p->hidden, width - p->hidden, 7, kept + p->hidden);
            } else {
                take_step(p, input, row, h, h, room, &weights);
            }
            put(p, h, output, row);
        }
        for (int32_t i = steps; i < p->steps; ++i) {
            put_zeros(p, output, first + i * p->step_stride);
        }
    }
}

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, void *state, void *scratch) {
    bw_recurrent_lengths_s8(p, NULL, input, output, state, scratch);
}
