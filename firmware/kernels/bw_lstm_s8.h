/* LSTM over a sequence, int8 with a cell of int16, in TensorFlow Lite's integers.
 *
 * Layout: input [batch][steps][inputs] or [steps][batch][inputs], output the same with `outputs`; state int8
 * [batch][outputs], the last output; cell int16 [batch][cells] of scale 2^cell_shift. Weights int8 [cells][inputs],
 * [cells][outputs] and, of the projection, [outputs][cells], as bw_rows_s8.h lays rows out. Biases hold the zero
 * points' share. Gates are in Q3.12 before their activation; with norm_weights they are normalized over the cells
 * before it. Where enter has no weights it is one minus the forget gate. Ranges: all accumulators fit int32,
 * requantization DOUBLE. Scratch: 8 bytes per cell, a column of inputs and one of outputs (bw_rows_column_s8.h); with a
 * projection a column of cells and a byte per cell more. Cost per step: a multiply-accumulate for each weight, two
 * requantizations for each gate and cell, four logistic functions or tangents for each cell and one more.
 */
#ifndef BW_LSTM_S8_H
#define BW_LSTM_S8_H

#include <stdint.h>

typedef struct {
    const int8_t *input_weights, *recurrent_weights;
    const int32_t *input_bias, *recurrent_bias;
    int32_t input_multiplier, input_shift;
    int32_t recurrent_multiplier, recurrent_shift;
    const int16_t *norm_weights; /* 0: no layer normalization */
    const int32_t *norm_bias;
    int32_t norm_multiplier, norm_shift, variance_guard;
} bw_lstm_s8_gate;

typedef struct {
    int32_t batch, steps, inputs, cells, outputs;
    int32_t batch_stride, step_stride;            /* of the rows of input and output */
    bw_lstm_s8_gate enter, forget, update, leave; /* often called i, f, g, o */
    int32_t cell_shift, cell_clip;                /* cell_clip 0: none */
    int32_t hidden_multiplier, hidden_shift, hidden_zero_point;
    const int8_t *projection_weights; /* 0: the hidden values are the outputs */
    const int32_t *projection_bias;
    int32_t projection_multiplier, projection_shift, projection_clip;
    int32_t output_zero_point;
} bw_lstm_s8_params;

void bw_lstm_s8(const bw_lstm_s8_params *p, const int8_t *input, int8_t *output, int8_t *state, int16_t *cell,
                void *scratch);

#endif /* BW_LSTM_S8_H */
