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

typedef struct {
    const int8_t *weights;
    const int32_t *bias; /* one per row */
    bw_gate_scale scale;
} bw_recurrent_s8_product;

typedef struct bw_recurrent_s8_params bw_recurrent_s8_params;

/* Weights that come in tiles of rows: the rows of the product with the input, then the same of that with the state; a
 * projection's rows, which are counted after those, in tiles of their own. */
typedef struct {
    int8_t *tiles[2]; /* one is copied while the other is used */
    int32_t place;    /* of the tile to be used next */
    int32_t left;     /* how many are still to be used */
} bw_recurrent_stream;

/* A step's operands, as bw_rows_column_s8.h lays columns out, its gates, and room for a column of hidden values, which
 * are int8 with a narrow state. */
typedef struct {
    const void *x, *h;
    int16_t *gates;
    void *room;
    bw_recurrent_stream *weights;
} bw_recurrent_operands;

/* The new state in 16 bits, in the place of the one before. */
typedef void bw_recurrent_step(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h);

/* All steps of all sequences; lengths [batch], or NULL where all have `steps`. */
typedef void bw_recurrent_loop(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                               void *state, void *scratch);

typedef struct {
    /* Two tiles after the columns; the first begins to be copied unless there are no steps. */
    bw_recurrent_stream (*begin)(const bw_recurrent_s8_params *p, int32_t steps, int16_t *scratch);
    /* The tile that begins with a row, when it is there; the copy of the next one begins. */
    const int8_t *(*take)(const bw_recurrent_s8_params *p, bw_recurrent_stream *s, int32_t row);
    /* Where the tile ends that begins with a row. */
    int32_t (*end)(const bw_recurrent_s8_params *p, int32_t row);
} bw_recurrent_tiling;

struct bw_recurrent_s8_params {
    bw_recurrent_step *step; /* bw_recurrent_{rnn,relu,gru,lstm,projected}_s8 */
    bw_recurrent_loop *loop; /* bw_recurrent_steps_s8; with lengths or a narrow state bw_recurrent_lengths_s8 */
    const bw_recurrent_tiling *tiling; /* bw_recurrent_tiling_s8 where weights are streamed, else NULL */
    int32_t gates;                     /* rows of weights for each cell */
    int32_t batch, steps, inputs, cells;
    int32_t hidden;                    /* values; as many as cells without a projection */
    int32_t kept_cells;                /* in the state: of an LSTM all, else none */
    int32_t batch_stride, step_stride; /* of the rows of input and output */
    int32_t reverse;                   /* from the last step to the first */
    int32_t reset_after;               /* GRU: the reset gate scales the product with the state, else the state */
    int32_t wide_input, wide_output;   /* int16 instead of int8 */
    int32_t narrow_state;              /* int8 instead of int16 */
    int32_t tile_rows;                 /* streamed weights are copied so many rows at a time */
    int32_t tile_projected;            /* the same of a projection's */
    int32_t multiplier, left, right;   /* from the hidden state to the output */
    int32_t zero_point;
    bw_recurrent_s8_product of_input, of_state;
    bw_recurrent_s8_product projection; /* of an LSTM's outputs in Q0.15 to its hidden values */
};

void bw_recurrent_s8(const bw_recurrent_s8_params *p, const void *input, void *output, void *state, void *scratch);

#endif /* BW_RECURRENT_S8_H */
