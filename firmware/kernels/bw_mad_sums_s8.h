/* The two sums of a row of int8 that its mean absolute deviation is made of.
 *
 * Cost per element of both: 7 instructions on a Cortex-M3, 6 on RV32.
 */
#ifndef BW_MAD_SUMS_S8_H
#define BW_MAD_SUMS_S8_H

#include <stdint.h>

/* sum(x) */
int32_t bw_mad_total_s8(const int8_t *x, int32_t depth);

/* The sum of those of depth * x - total that are above zero; below 2^31, as each of them is. */
uint32_t bw_mad_positive_s8(const int8_t *x, int32_t depth, int32_t total);

#endif /* BW_MAD_SUMS_S8_H */
