/* A step of an LSTM with a projection. */
#ifndef BW_RECURRENT_PROJECTED_S8_H
#define BW_RECURRENT_PROJECTED_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_projected_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h);

#endif /* BW_RECURRENT_PROJECTED_S8_H */
