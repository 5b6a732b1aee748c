/* Squashes vectors of int8 in the arithmetic paper_q7: v = sat8(s (isqrt(N) 2^(out - in)) / ((N >> in) + 2^in)).
 *
 * Layout: input and output [rows][dim]; may run in place. Ranges: the products fit int32, proven on the host.
 * Cost: two passes, Newton's root with a division a turn (at most 16 turns) and a division an element.
 */
#ifndef BW_SQUASH_Q7_H
#define BW_SQUASH_Q7_H

#include "bw_capsule_q7.h"

typedef struct {
    int32_t rows, dim;
    bw_capsule_formats formats;
} bw_squash_q7_params;

void bw_squash_q7(const bw_squash_q7_params *p, const int8_t *input, int8_t *output);

#endif /* BW_SQUASH_Q7_H */
