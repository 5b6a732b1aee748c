/* Softmax of int8 rows to int16 in gemmlowp's fixed point; output scale 1/65536, zero point -32768.
 *
 * exp[d] is the Q31 exponential of d steps below the row's maximum; from d = steps on it counts as nothing. The output
 * may not overlap the input.
 * Ranges: depth up to 8191 (the sum of exponentials of up to 2^19 fits 32 bits).
 * Cost: two table loads and one high multiplication per element, one reciprocal per row.
 */
#ifndef BW_SOFTMAX_S8_S16_H
#define BW_SOFTMAX_S8_S16_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    int32_t steps;
    const int32_t *exp; /* [steps] */
} bw_softmax_s8_s16_params;

void bw_softmax_s8_s16(const bw_softmax_s8_s16_params *p, const int8_t *input, int16_t *output);

#endif /* BW_SOFTMAX_S8_S16_H */
