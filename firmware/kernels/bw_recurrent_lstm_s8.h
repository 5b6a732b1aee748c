/* A step of an LSTM. */
#ifndef BW_RECURRENT_LSTM_S8_H
#define BW_RECURRENT_LSTM_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_lstm_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h);

#endif /* BW_RECURRENT_LSTM_S8_H */
