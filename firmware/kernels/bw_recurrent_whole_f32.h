/* RNN, GRU or LSTM over a whole sequence in float32, from a state of zeros: bw_recurrent_f32 with the state in its
 * scratch.
 *
 * Scratch: that of bw_recurrent_f32, then one element per batch and cell, two of an LSTM.
 */
#ifndef BW_RECURRENT_WHOLE_F32_H
#define BW_RECURRENT_WHOLE_F32_H

#include "bw_recurrent_f32.h"

typedef bw_recurrent_f32_params bw_recurrent_whole_f32_params;

void bw_recurrent_whole_f32(const bw_recurrent_whole_f32_params *p, const float *input, float *output, void *scratch);

#endif /* BW_RECURRENT_WHOLE_F32_H */
