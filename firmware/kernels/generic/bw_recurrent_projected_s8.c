/* Portable step of an LSTM with a projection. */
#include "bw_recurrent_projected_s8.h"

#include "bw_recurrent_cells_s8.h"
#include "bw_recurrent_parts_s8.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"

/* The column of the cells' outputs takes the place of that of the hidden values, which is used no more. */
void bw_recurrent_projected_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h) {
    const bw_gate_scale *const scale = &p->projection.scale;
    const int32_t depth = bw_recurrent_padded(p->cells), gates = p->gates * p->cells;
    bw_recurrent_cells_s8(p, s, h + p->hidden, s->gates);
    const void *const column = bw_rows_column_s16(s->gates, p->cells, s->room);
    int32_t row = 0;
    while (row < p->hidden) {
        const int32_t last = p->tiling ? p->tiling->end(p, gates + row) - gates : p->hidden;
        const int8_t *weights =
            p->tiling ? p->tiling->take(p, s->weights, gates + row) : p->projection.weights + row * depth;
        while (row < last) {
            const int32_t count = last - row < BW_GATE_BLOCK ? last - row : BW_GATE_BLOCK;
            int32_t sums[BW_GATE_BLOCK];
            bw_rows_s16(weights, column, depth, count, p->projection.bias + row, sums);
            for (int32_t i = 0; i < count; ++i, ++row) {
                h[row] = (int16_t)bw_recurrent_saturate(
                    bw_requantize_high(sums[i], scale->multiplier[row], scale->left, scale->right));
            }
            weights += count * depth;
        }
    }
}
