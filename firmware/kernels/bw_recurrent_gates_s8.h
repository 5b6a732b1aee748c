/* The gates of a step's rows before their functions, in units of 2^-12. */
#ifndef BW_RECURRENT_GATES_S8_H
#define BW_RECURRENT_GATES_S8_H

#include "bw_recurrent_s8.h"

/* to[i]: the gate of row `row + i`, up to `end`; with `reset`, Q0.15, it scales the product with the state. */
void bw_recurrent_gates_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int32_t row, int32_t end,
                           const int16_t *reset, int16_t *to);

#endif /* BW_RECURRENT_GATES_S8_H */
