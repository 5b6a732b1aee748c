/* The micro-kernel of bw_triple_s8.h for rectified layers: zero point and clamp -128, clamp 127.
 *
 * Only the accumulators at which the output steps to the next integer above zero count there, and the host found
 * multipliers and biases that have each of them at its place with one multiplication (proven per channel):
 *     output = saturate(((256 * acc) * multiplier >> 32) + offset >> 10)
 * Pairs as bw_pairs_s8.h states, but their heads hold: a's bias, b's bias (both scaled by 256), a's multiplier, b's
 * multiplier. Cost as there, with 35 per channel pair.
 */
#ifndef BW_TRIPLE_RECTIFIED_S8_H
#define BW_TRIPLE_RECTIFIED_S8_H

#include "bw_triple_s8.h"

/* As bw_triple_s8; shape->offset is the offset above. */
void bw_triple_rectified_s8(const int32_t *pairs, const uint32_t *columns, int8_t *output,
                            const bw_triple_s8_shape *shape);

#endif /* BW_TRIPLE_RECTIFIED_S8_H */
