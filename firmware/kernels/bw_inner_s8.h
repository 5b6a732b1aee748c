/* The inner product of two runs of int8, added to a sum: what recurrent layers are made of.
 *
 * Ranges: no partial sum leaves int32. Runs may be at any address.
 */
#ifndef BW_INNER_S8_H
#define BW_INNER_S8_H

#include <stdint.h>

int32_t bw_inner_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum);

#endif /* BW_INNER_S8_H */
