/* The two inner loops of attention of int8: products of one query with many keys, and weighted sums of many values.
 *
 * Layout: rows of `depth` elements, `stride` apart. Ranges: no partial sum leaves int32; weights are 0..32767.
 * Cost: count * depth MACs each.
 */
#ifndef BW_ATTEND_S8_H
#define BW_ATTEND_S8_H

#include <stdint.h>

/* scores[j] = sum of (query[i] - zero_point) * keys[j * stride + i] over i */
void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores);

/* sums[i] = sum of weights[j] * values[j * stride + i] over j */
void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums);

#endif /* BW_ATTEND_S8_H */
