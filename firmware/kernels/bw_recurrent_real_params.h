/* RNN, GRU or LSTM over a sequence in float: float32 or float16 activations and states, int8 weights.
 *
 * Layout: input [batch][steps][inputs] or [steps][batch][inputs], output the same with `hidden`, apart from the input;
 * state [batch][hidden], of an LSTM [batch][hidden + cells] with the cells after the hidden values. Weights int8
 * [gates][cells][inputs] and [gates][cells][hidden], of a projection [hidden][cells], a scale and a bias for each row;
 * gates of a GRU: reset, update, new; of an LSTM: input, forget, new, output. Without a projection, whose weights are
 * then null, there are as many hidden values as cells. A product is a sum in the order of the weights (of float16 that
 * of bw_fused_f16.h, with weights as w / 128), times its scale, plus its bias; hidden values, cells and what a GRU
 * without reset_after or a projection multiplies are rounded to the type, gates stay in float32. Scratch: 8 bytes per
 * gate and cell, then one element per cell. Cost per step: a product for each weight, and for each gate and cell a
 * logistic function or tangent; a tangent more for each cell of an LSTM.
 */
#ifndef BW_RECURRENT_REAL_PARAMS_H
#define BW_RECURRENT_REAL_PARAMS_H

#include <stdint.h>

enum { BW_REAL_RNN, BW_REAL_GRU, BW_REAL_LSTM };

typedef struct {
    const int8_t *weights;
    const float *scale, *bias; /* one per row of the weights */
} bw_recurrent_real_product;

typedef struct {
    int32_t kind; /* 0 RNN, 1 GRU, 2 LSTM */
    int32_t relu; /* RNN: instead of the tangent */
    int32_t batch, steps, inputs, cells, hidden;
    int32_t batch_stride, step_stride; /* of the rows of input and output */
    int32_t reverse;                   /* from the last step to the first */
    int32_t reset_after;               /* GRU: the reset gate scales the product with the state, else the state */
    bw_recurrent_real_product of_input, of_state, projection;
} bw_recurrent_real_params;

/* The same, from a state that is an input, with a last state that is an output, or over sequences of several lengths.
 *
 * Inputs are the sequence, then [batch][hidden] the hidden values where `hidden` is set and [batch][cells] an LSTM's
 * cells where `cells` is, and int32 [batch] lengths where `lengths` is, clamped to 0 and `steps`: the output is zero
 * beyond them, a reversed layer begins at the last step within, and a sequence without steps ends in zeros. The state
 * is of zeros where it is not given. Outputs are the layer's own, then the last hidden values where `last` is 1 or
 * more, then the last cells where it is 2. Scratch: that of the layer, then its state. No input may overlap an output.
 */
typedef struct {
    bw_recurrent_real_params layer;
    int32_t hidden, cells; /* which of them are inputs */
    int32_t lengths;       /* whether they are an input */
    int32_t last;          /* how many of them are outputs */
} bw_recurrent_given_real_params;

#endif /* BW_RECURRENT_REAL_PARAMS_H */
