/* Portable step of a recurrent layer, from its input to its output. */
#include "bw_recurrent_take_s8.h"

#include "bw_recurrent_parts_s8.h"
#include "bw_rows_column_s8.h"

static void put(const bw_recurrent_s8_params *p, const int16_t *h, void *output, int32_t row) {
    for (int32_t k = 0; k < p->hidden; ++k) {
        const int32_t value = bw_requantize_high(h[k], p->multiplier, p->left, p->right) + p->zero_point;
        if (p->wide_output) {
            ((int16_t *)output)[row * p->hidden + k] = (int16_t)bw_recurrent_saturate(value);
        } else {
            ((int8_t *)output)[row * p->hidden + k] = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}

void bw_recurrent_take_s8(const bw_recurrent_s8_params *p, const void *input, void *output, int32_t row,
                          const void *hidden, int16_t *h, int16_t *scratch, bw_recurrent_stream *weights) {
    int16_t *const column = scratch + bw_recurrent_padded(p->gates * p->cells);
    int16_t *const room = column + bw_recurrent_padded(p->inputs);
    const void *const x = p->wide_input
                              ? bw_rows_column_s16((const int16_t *)input + row * p->inputs, p->inputs, column)
                              : bw_rows_column_s8((const int8_t *)input + row * p->inputs, p->inputs, column);
    const void *const column_h =
        p->narrow_state ? bw_rows_column_s8(hidden, p->hidden, room) : bw_rows_column_s16(hidden, p->hidden, room);
    const bw_recurrent_operands s = {x, column_h, scratch, room, weights};
    p->step(p, &s, h);
    put(p, h, output, row);
}

bw_recurrent_stream bw_recurrent_begin_s8(const bw_recurrent_s8_params *p, int32_t steps, int16_t *scratch) {
    const bw_recurrent_stream none = {{0, 0}, 0, 0};
    return p->tiling ? p->tiling->begin(p, steps, scratch) : none;
}
