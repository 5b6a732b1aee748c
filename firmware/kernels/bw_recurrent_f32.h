/* RNN, GRU or LSTM over a sequence in float: float32 activations and states, int8 weights.
 *
 * Layout: input [batch][steps][inputs] or [steps][batch][inputs], output the same with `cells`, apart from the input;
 * state [batch][1][cells], of an LSTM [batch][2][cells] with the cells after the hidden values. Weights int8
 * [gates][cells][inputs] and [gates][cells][cells], a scale and a bias for each row; gates of a GRU: reset, update,
 * new; of an LSTM: input, forget, new, output. A product is a sum in the order of the weights, times its scale, plus
 * its bias; hidden values, cells and what a GRU without reset_after multiplies are rounded to float32, gates stay in
 * float. Scratch: 8 bytes per gate and cell, then one element per cell. Cost per step: a product for each weight, and
 * for each gate and cell a logistic function or tangent; a tangent more for each cell of an LSTM.
 */
#ifndef BW_RECURRENT_F32_H
#define BW_RECURRENT_F32_H

#include <stdint.h>

typedef struct {
    const int8_t *weights;
    const float *scale, *bias; /* one per row of the weights */
} bw_recurrent_f32_product;

typedef struct {
    int32_t kind; /* 0 RNN, 1 GRU, 2 LSTM */
    int32_t batch, steps, inputs, cells;
    int32_t batch_stride, step_stride; /* of the rows of input and output */
    int32_t reverse;                   /* from the last step to the first */
    int32_t reset_after;               /* GRU: the reset gate scales the product with the state, else the state */
    bw_recurrent_f32_product of_input, of_state;
} bw_recurrent_f32_params;

void bw_recurrent_f32(const bw_recurrent_f32_params *p, const float *input, float *output, float *state, void *scratch);

#endif /* BW_RECURRENT_F32_H */
