/* Lengths of vectors of int8, in the arithmetic affine_s8.
 *
 * Layout: input [rows][dim], output [rows]; the output may lie at the input's address or below.
 * Ranges: dim up to 16384. Cost: one pass, a reciprocal square root and one rounding a vector.
 */
#ifndef BW_CAPSULE_LENGTH_S8_H
#define BW_CAPSULE_LENGTH_S8_H

#include "bw_capsule.h"

typedef struct {
    int32_t rows, dim;
    int32_t input_zero_point;
    int32_t half; /* half the bits of fraction of the squares */
    bw_capsule_step step;
    int32_t output_zero_point;
} bw_capsule_length_s8_params;

void bw_capsule_length_s8(const bw_capsule_length_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_CAPSULE_LENGTH_S8_H */
