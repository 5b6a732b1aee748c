/* RNN, GRU or LSTM over a sequence: int8 or int16 in and out, int8 weights, hidden state int16 in Q0.15, or on
 * the grid to which an LSTM's projection, or an RNN with relu, requantizes; a narrow state is kept in int8.
 *
 * Layout: input [batch][steps][inputs] or [steps][batch][inputs], output the same with `hidden`; state int16
 * [batch][hidden], of an LSTM [batch][hidden + cells] with the cells in Q4.11 after the hidden values; narrow, int8 in
 * units 2^8 and for cells 2^7 times coarser, to which every step rounds after its output. Weights int8
 * [gates][cells][inputs] and [gates][cells][hidden], and of a projection [hidden][cells], as bw_rows_s8.h lays rows
 * out; gates of a GRU: reset, update, new; of an LSTM: input, forget, new, output. Biases hold the zero point's share.
 * Ranges: all accumulators fit int32, those of a product also after its left shift (proven on the host); requantization
 * HIGH, to units of 2^-12, with relu to those of the hidden values. States may be any values; projected hidden values
 * saturate, those of relu at 0 and 32767.
 * Scratch: int16, aligned to four bytes: the gates, then a column of inputs and one of hidden values, or of cells
 * where a projection has more of them, each rounded up to four values; then two tiles of weights where they are
 * streamed (bw_stream.h), each as long as the longer of those of gates and of a projection; in front of all, with a
 * narrow state, one of int16, rounded up to four values. Cost per step: a multiply-accumulate for each weight, and for
 * each gate and cell two requantizations and a logistic function or tangent; for each hidden value a requantization
 * more, two with a projection; for each cell of an LSTM a tangent.
 */
#ifndef BW_RECURRENT_S8_H
#define BW_RECURRENT_S8_H

#include "bw_gate_sums_s16.h"
#include <stdint.h>

enum { BW_RNN, BW_GRU, BW_LSTM };

typedef struct {
    const int8_t *weights;
    const int32_t *bias; /* one per row */
    bw_gate_scale scale;
} bw_recurrent_s8_product;

typedef struct {
    int32_t kind;
    int32_t relu; /* RNN: instead of the tangent */
    int32_t batch, steps, inputs, cells;
    int32_t hidden;                    /* values; as many as cells without a projection */
    int32_t batch_stride, step_stride; /* of the rows of input and output */
    int32_t reverse;                   /* from the last step to the first */
    int32_t reset_after;               /* GRU: the reset gate scales the product with the state, else the state */
    int32_t wide_input, wide_output;   /* int16 instead of int8 */
    int32_t narrow_state;              /* int8 instead of int16 */
    int32_t tile_rows;                 /* weights are copied so many rows at a time before they are read; 0: never */
    int32_t tile_projected;            /* the same of a projection's */
    int32_t multiplier, left, right;   /* from the hidden state to the output */
    int32_t zero_point;
    bw_recurrent_s8_product of_input, of_state;
    bw_recurrent_s8_product projection; /* of an LSTM's outputs in Q0.15 to its hidden values; weights NULL: none */
} bw_recurrent_s8_params;

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, void *state, void *scratch);

/* The same of sequences of so many steps each, [batch], which are clamped to 0 and `steps`; NULL: all have `steps`.
 *
 * The output is the zero point beyond a sequence's steps, of which a reversed layer takes the last one first; the state
 * of a sequence without steps becomes zeros.
 */
void bw_recurrent_lengths_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                             void *state, void *scratch);

#endif /* BW_RECURRENT_S8_H */
