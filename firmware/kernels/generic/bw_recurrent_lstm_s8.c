/* Portable step of an LSTM. */
#include "bw_recurrent_lstm_s8.h"

#include "bw_recurrent_cells_s8.h"

void bw_recurrent_lstm_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h) {
    bw_recurrent_cells_s8(p, s, h + p->hidden, h);
}
