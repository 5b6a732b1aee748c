/* Portable gates of recurrent layers; the products are the instruction set's. */
#include "bw_recurrent_gates_s8.h"

#include "bw_recurrent_parts_s8.h"
#include "bw_rows_s8.h"

/* The gates of at most BW_GATE_BLOCK rows, their weights given; with `reset`, Q0.15, it scales the product with the
 * state. */
static void block(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, const int8_t *of_input,
                  const int8_t *of_state, int32_t row, int32_t count, const int16_t *reset, int16_t *to) {
    const bw_gate_scale *const x = &p->of_input.scale, *const h = &p->of_state.scale;
    int32_t sums[2][BW_GATE_BLOCK];
    if (p->wide_input) {
        bw_rows_s16(of_input, s->x, bw_recurrent_padded(p->inputs), count, p->of_input.bias + row, sums[0]);
    } else {
        bw_rows_s8(of_input, s->x, bw_recurrent_padded(p->inputs), count, p->of_input.bias + row, sums[0]);
    }
    if (p->narrow_state) {
        bw_rows_s8(of_state, s->h, bw_recurrent_padded(p->hidden), count, p->of_state.bias + row, sums[1]);
    } else {
        bw_rows_s16(of_state, s->h, bw_recurrent_padded(p->hidden), count, p->of_state.bias + row, sums[1]);
    }
    if (reset == 0) {
        bw_gate_sums_s16(x, h, sums, row, count, to);
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        const int32_t first = bw_requantize_high(sums[0][i], x->multiplier[row + i], x->left, x->right);
        const int32_t second = bw_requantize_high(sums[1][i], h->multiplier[row + i], h->left, h->right);
        to[i] = (int16_t)bw_recurrent_saturate(first + (int32_t)(((int64_t)reset[i] * second + (1 << 14)) >> 15));
    }
}

void bw_recurrent_gates_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int32_t row, int32_t end,
                           const int16_t *reset, int16_t *to) {
    const int32_t begin = row;
    while (row < end) {
        const int32_t last = p->tiling ? p->tiling->end(p, row) : end;
        const int8_t *of_input = p->of_input.weights + row * bw_recurrent_padded(p->inputs);
        const int8_t *of_state = p->of_state.weights + row * bw_recurrent_padded(p->hidden);
        if (p->tiling) {
            of_input = p->tiling->take(p, s->weights, row);
            of_state = of_input + p->tile_rows * bw_recurrent_padded(p->inputs);
        }
        while (row < last) {
            const int32_t count = last - row < BW_GATE_BLOCK ? last - row : BW_GATE_BLOCK, at = row - begin;
            block(p, s, of_input, of_state, row, count, reset == 0 ? 0 : reset + at, to + at);
            of_input += count * bw_recurrent_padded(p->inputs);
            of_state += count * bw_recurrent_padded(p->hidden);
            row += count;
        }
    }
}
