/* The cells of an LSTM and what they give, Q0.15; the outputs may take the place of the first gates. */
#ifndef BW_RECURRENT_CELLS_S8_H
#define BW_RECURRENT_CELLS_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_cells_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *cell,
                           int16_t *outputs);

#endif /* BW_RECURRENT_CELLS_S8_H */
