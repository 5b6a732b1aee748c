/* The two inner loops of attention of int16: products of one query with many keys, and weighted sums of many values.
 *
 * Layout: rows of `depth` elements, `stride` apart. Ranges: sums fit int64, shifted ones int32; weights are 0..32767.
 * Cost: count * depth MACs each.
 */
#ifndef BW_ATTEND_S16_H
#define BW_ATTEND_S16_H

#include <stdint.h>

/* scores[j] = floor(sum of query[i] * keys[j * stride + i] over i / 2^shift) */
void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores);

/* sums[i] = sum of weights[j] * values[j * stride + i] over j, shifted right by `shift`, half rounded up */
void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums);

#endif /* BW_ATTEND_S16_H */
