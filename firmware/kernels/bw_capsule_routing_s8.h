/* A layer of capsules: matrix products u^ = W u, dynamic routing and squash in one, in the arithmetic affine_s8.
 *
 * Layout: input [batch][inputs][depth], output [batch][capsules][dim], weights [inputs][capsules][dim][depth].
 * Routing goes through the input capsules once per iteration: of one capsule it needs u^, from which couplings and
 * sums follow, since b = u^ . (v_1 + v_2 + ...). With `kept` all u^ are computed once and stay; otherwise those of one
 * capsule at a time are computed in every iteration. Both give the same bits.
 * Scratch (4-byte aligned), with rows = capsules * dim: int32 sums [rows] and couplings [capsules], int16 u^
 * [rows], where kept [inputs][rows], totals [rows] and input [depth].
 * Overlap: a sample's output is written after its input was last read.
 * Cost per input capsule and row: depth multiplications once, or per iteration; and two per iteration.
 */
#ifndef BW_CAPSULE_ROUTING_S8_H
#define BW_CAPSULE_ROUTING_S8_H

#include "bw_capsule.h"

typedef struct {
    int32_t batch, inputs, depth, capsules, dim;
    int32_t iterations;
    int32_t kept; /* 1: all u^ stay in scratch */
    int32_t input_zero_point;
    const int8_t *weights;
    int32_t prediction_shift;
    int32_t uniform;            /* a coupling of the first iteration, all of which are equal */
    const int32_t *octaves;     /* [capsules] multipliers from u^ . V to octaves, policy SINGLE */
    const int8_t *octave_shift; /* [capsules] */
    int32_t octave_bits;        /* 1..16 */
    int32_t sum_shift, sum_start;
    const int64_t *one; /* [capsules] 1 in the unit of |s|^2 */
    const int8_t *half; /* [capsules] half the bits of fraction of that unit */
    bw_capsule_step inner, outer;
    int32_t output_zero_point;
} bw_capsule_routing_s8_params;

void bw_capsule_routing_s8(const bw_capsule_routing_s8_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CAPSULE_ROUTING_S8_H */
