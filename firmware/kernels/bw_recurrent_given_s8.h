/* RNN, GRU or LSTM over a sequence, from a state that is an input, or with a last state that is an output.
 *
 * Layout: inputs are the sequence, then [batch][hidden] the hidden values where `hidden` is set and [batch][cells] an
 * LSTM's cells where `cells` is, in the state's type and units; the state is of zeros where it is not given. Outputs
 * are the layer's own, then the last hidden values where `last` is 1 or more, then the last cells where it is 2.
 * Ranges, cost: those of bw_recurrent_s8. Scratch: that of bw_recurrent_s8 after the state, [batch][hidden], of an LSTM
 * [batch][hidden + cells], rounded up to four bytes. No input may overlap an output.
 */
#ifndef BW_RECURRENT_GIVEN_S8_H
#define BW_RECURRENT_GIVEN_S8_H

#include "bw_recurrent_s8.h"

typedef struct {
    bw_recurrent_s8_params layer;
    int32_t hidden, cells; /* which of them are inputs */
    int32_t last;          /* how many of them are outputs */
} bw_recurrent_given_s8_params;

void bw_recurrent_given_s8(const bw_recurrent_given_s8_params *p, const void *const *inputs, void *const *outputs,
                           void *scratch);

#endif /* BW_RECURRENT_GIVEN_S8_H */
