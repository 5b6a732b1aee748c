/* RNN, GRU or LSTM over a whole sequence in float16, from a state of zeros: bw_recurrent_f16 with the state in its
 * scratch.
 *
 * Scratch: that of bw_recurrent_f16, then one element per batch and cell, two of an LSTM.
 */
#ifndef BW_RECURRENT_WHOLE_F16_H
#define BW_RECURRENT_WHOLE_F16_H

#include "bw_recurrent_f16.h"

typedef bw_recurrent_f16_params bw_recurrent_whole_f16_params;

void bw_recurrent_whole_f16(const bw_recurrent_whole_f16_params *p, const uint16_t *input, uint16_t *output,
                            void *scratch);

#endif /* BW_RECURRENT_WHOLE_F16_H */
