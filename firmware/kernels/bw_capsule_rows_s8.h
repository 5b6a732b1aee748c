/* What one input capsule adds to a layer of capsules, in the arithmetic affine_s8: the inner loops of
 * bw_capsule_routing_s8, which every instruction set writes for itself.
 *
 * Ranges, proven on the host: |W u| < 2^30 and u^ in int16 after its shift; |u^ . V| and every sum within int32.
 */
#ifndef BW_CAPSULE_ROWS_S8_H
#define BW_CAPSULE_ROWS_S8_H

#include <stdint.h>

/* output[r] = (W[r] . input + half) >> shift; W [rows][depth] int8, input [depth] int16. */
void bw_capsule_predict_s8(const int8_t *weights, const int16_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int16_t *output);

/* output[j] = u^_j . V_j; both [capsules][dim]. */
void bw_capsule_agree_s8(const int16_t *predictions, const int16_t *totals, int32_t capsules, int32_t dim,
                         int32_t *output);

/* sums[j] += (c_j * u^_j) >> shift; sums and u^ [capsules][dim], c in [0, 2^15], shift 1..16. */
void bw_capsule_gather_s8(const int16_t *predictions, const int32_t *couplings, int32_t capsules, int32_t dim,
                          int32_t shift, int32_t *sums);

#endif /* BW_CAPSULE_ROWS_S8_H */
