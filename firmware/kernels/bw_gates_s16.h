/* Logistic and hyperbolic tangent of int16 values in gemmlowp's fixed point, as recurrent gates use them.
 *
 * The input has `integer_bits` integer bits, 0 to 6: it counts in units of 2^(integer_bits - 15). The result has none.
 * Error: at most 2e-4 (logistic) and 4e-4 (tanh) of the real function. Cost: 100 to 150 instructions on a Cortex-M4.
 */
#ifndef BW_GATES_S16_H
#define BW_GATES_S16_H

#include <stdint.h>

int32_t bw_logistic_s16(int32_t x, int32_t integer_bits);
int32_t bw_tanh_s16(int32_t x, int32_t integer_bits);

#endif /* BW_GATES_S16_H */
