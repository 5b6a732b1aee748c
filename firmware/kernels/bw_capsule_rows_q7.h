/* What one input capsule adds to a layer of capsules, in the arithmetic paper_q7: the inner loops of
 * bw_capsule_routing_q7, which every instruction set writes for itself. Every sum fits int32, proven on the host.
 */
#ifndef BW_CAPSULE_ROWS_Q7_H
#define BW_CAPSULE_ROWS_Q7_H

#include <stdint.h>

/* output[r] = sat8(W[r] . input / 2^shift); W [rows][depth], input [depth]. */
void bw_capsule_predict_q7(const int8_t *weights, const int8_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int8_t *output);

/* output[j] = u^_j . v_j; both [capsules][dim]. */
void bw_capsule_agree_q7(const int8_t *predictions, const int8_t *outputs, int32_t capsules, int32_t dim,
                         int32_t *output);

/* sums[j] += c_j * u^_j; sums and u^ [capsules][dim]. */
void bw_capsule_gather_q7(const int8_t *predictions, const int8_t *couplings, int32_t capsules, int32_t dim,
                          int32_t *sums);

#endif /* BW_CAPSULE_ROWS_Q7_H */
