/* The inner loops of attention of int8 for two queries at a time, by SMLAD.
 *
 * Layout: queries less their zero point as halfwords, four words for four taps: taps 0 and 2, 1 and 3 of the first
 * query, then of the second; what is left behind whole fours as halfwords of both in turns. Keys and values are rows of
 * bytes, `stride` apart, of which there is at least one. What belongs to the second query lies `apart` elements behind
 * the first one's. Ranges: no partial sum leaves int32; weights are 0..32767.
 */
#ifndef BW_ATTEND_PAIRS_S8_H
#define BW_ATTEND_PAIRS_S8_H

#include <stdint.h>

/* Both queries as words: 4 * depth bytes, aligned to four bytes. */
void bw_attend_pair_words(const int8_t *first, const int8_t *second, int32_t zero_point, int32_t depth,
                          uint32_t *words);

/* scores[query * apart + j] = product of the query and key j; the element behind the second one's scores may be
 * overwritten. */
void bw_attend_pair_scores_s8(const uint32_t *words, const int8_t *keys, int32_t stride, int32_t count, int32_t depth,
                              int32_t *scores, int32_t apart);

/* sums[query * depth + i] = sum of weights[query * apart + j] * values[j * stride + i] over j */
void bw_attend_pair_values_s8(const int16_t *weights, int32_t apart, const int8_t *values, int32_t stride,
                              int32_t count, int32_t depth, int32_t *sums);

#endif /* BW_ATTEND_PAIRS_S8_H */
