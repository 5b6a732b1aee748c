/* Squashes vectors of int8: v = s * |s| / (1 + |s|^2), in the arithmetic affine_s8.
 *
 * Layout: input and output [rows][dim]; may run in place. Ranges: dim up to 16384, so that |s|^2 stays below 2^30.
 * Cost: two passes over a vector and two reciprocal square roots. Measured on a Cortex-M4: 250 instructions a vector
 * and 22 an element.
 */
#ifndef BW_SQUASH_S8_H
#define BW_SQUASH_S8_H

#include "bw_capsule.h"

typedef struct {
    int32_t rows, dim;
    int32_t input_zero_point;
    const int64_t *one; /* [1] 1 in the unit of |s|^2, with 2 * half bits of fraction */
    int32_t half;       /* -24..8 */
    bw_capsule_step step;
    int32_t output_zero_point;
} bw_squash_s8_params;

void bw_squash_s8(const bw_squash_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_SQUASH_S8_H */
