/* Lengths of vectors of int8 in the arithmetic paper_q7: sat8(isqrt(sum of squares)), in the input's format.
 *
 * Layout: input [rows][dim], output [rows]; the output may lie at the input's address or below.
 * Ranges: dim up to 16384. Cost: one pass, and Newton's root with a division a turn.
 */
#ifndef BW_CAPSULE_LENGTH_Q7_H
#define BW_CAPSULE_LENGTH_Q7_H

#include "bw_capsule_q7.h"

typedef struct {
    int32_t rows, dim;
} bw_capsule_length_q7_params;

void bw_capsule_length_q7(const bw_capsule_length_q7_params *p, const int8_t *input, int8_t *output);

#endif /* BW_CAPSULE_LENGTH_Q7_H */
