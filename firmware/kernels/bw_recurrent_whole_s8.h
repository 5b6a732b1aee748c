/* RNN, GRU or LSTM over a whole sequence, from a state of zeros: bw_recurrent_s8 with the state in its scratch.
 *
 * Scratch: that of bw_recurrent_s8 after the state, which takes 2 bytes per batch and hidden value, and of an
 * LSTM 2 more per batch and cell, rounded up to four.
 */
#ifndef BW_RECURRENT_WHOLE_S8_H
#define BW_RECURRENT_WHOLE_S8_H

#include "bw_recurrent_s8.h"

typedef bw_recurrent_s8_params bw_recurrent_whole_s8_params;

void bw_recurrent_whole_s8(const bw_recurrent_whole_s8_params *p, const void *input, void *output, void *scratch);

#endif /* BW_RECURRENT_WHOLE_S8_H */
