/* A step of an RNN: the tangent of its gates. */
#ifndef BW_RECURRENT_RNN_S8_H
#define BW_RECURRENT_RNN_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_rnn_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h);

#endif /* BW_RECURRENT_RNN_S8_H */
