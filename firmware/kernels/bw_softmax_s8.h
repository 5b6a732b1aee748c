/* Softmax of int8 rows in gemmlowp's fixed point; output scale 1/256, zero point -128.
 *
 * exp[d] is the Q31 exponential of d steps below the row's maximum; from d = steps on it counts as nothing. May run in
 * place.
 * Ranges: depth up to 8191 (the sum of exponentials of up to 2^19 fits 32 bits).
 * Cost: two table loads and one high multiplication per element, one reciprocal per row: 40 instructions per element of
 * rows of 50 on a Cortex-M4, 8 on an M55.
 */
#ifndef BW_SOFTMAX_S8_H
#define BW_SOFTMAX_S8_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    int32_t steps;
    const int32_t *exp; /* [steps] */
} bw_softmax_s8_params;

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_SOFTMAX_S8_H */
