/* A step of an RNN with relu: what is not negative of its gates. */
#ifndef BW_RECURRENT_RELU_S8_H
#define BW_RECURRENT_RELU_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_relu_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h);

#endif /* BW_RECURRENT_RELU_S8_H */
