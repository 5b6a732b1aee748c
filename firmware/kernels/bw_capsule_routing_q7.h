/* A layer of capsules: matrix products u^ = W u, dynamic routing and squash in one, in the arithmetic paper_q7.
 *
 * Layout: input [batch][inputs][depth], output [batch][capsules][dim], weights [inputs][capsules][dim][depth].
 * Routing goes through the input capsules once per iteration; with `kept` all u^ are computed once and stay, otherwise
 * those of one capsule at a time are computed in every iteration. Both give the same bits.
 * Scratch (4-byte aligned), with rows = capsules * dim: int32 sums [rows] and agreements [capsules], int8 logits
 * [inputs][capsules], couplings [capsules], v [rows] and u^ [rows], where kept [inputs][rows]. Overlap: a sample's
 * output is written after its input was last read. Cost per input capsule and row: depth multiplications once, or per
 * iteration; and two per iteration.
 */
#ifndef BW_CAPSULE_ROUTING_Q7_H
#define BW_CAPSULE_ROUTING_Q7_H

#include "bw_capsule_q7.h"

/* The shifts of one iteration, in this order. */
enum {
    BW_CAPSULE_SUMS,            /* from sum c u^ to s */
    BW_CAPSULE_SQUASH_IN,       /* bits of fraction of s */
    BW_CAPSULE_SQUASH_OUT,      /* and of v */
    BW_CAPSULE_AGREEMENT,       /* from u^ . v to its format */
    BW_CAPSULE_ALIGN_AGREEMENT, /* left, before it is added to the logits */
    BW_CAPSULE_ALIGN_LOGITS,    /* left, the logits before that */
    BW_CAPSULE_LOGITS,          /* from their sum to the new logits */
    BW_CAPSULE_SHIFTS           /* how many there are */
};

typedef struct {
    int32_t batch, inputs, depth, capsules, dim;
    int32_t iterations;
    int32_t kept; /* 1: all u^ stay in scratch */
    const int8_t *weights;
    int32_t prediction_shift;
    const int8_t *shifts; /* [iterations][BW_CAPSULE_SHIFTS]; a negative one multiplies */
} bw_capsule_routing_q7_params;

void bw_capsule_routing_q7(const bw_capsule_routing_q7_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif /* BW_CAPSULE_ROUTING_Q7_H */
