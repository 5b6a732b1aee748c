/* The inner loops of attention to a ring: products of one query with many of its rows, and weighted sums of many rows.
 *
 * Layout: rows `stride` bytes (16 bits: elements) apart. Of 4 bits, two elements are in a byte, the first in the low
 * half, and depths are even. Ranges: elements of 4 bits within 7; no partial sum of a product leaves int32, nor, of 4
 * bits, its sixteenfold; factors are 0..2^30, weights 0..32767; up to 4096 rows. Cost: count * depth MACs each, those
 * of sums in 64 bits.
 */
#ifndef BW_ATTEND_RING_H
#define BW_ATTEND_RING_H

#include <stdint.h>

/* products[j] = sum of query[i] * element i of row j over i, depth 1..256 */
void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products);
void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products);

/* sums[i] += sum of factors[j] * element i of row j over j */
void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums);
void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums);
void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums);

#endif /* BW_ATTEND_RING_H */
