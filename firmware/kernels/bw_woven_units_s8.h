/* The sums of bw_fully_connected_s8_woven.h. */
#ifndef BW_WOVEN_UNITS_S8_H
#define BW_WOVEN_UNITS_S8_H

#include <stdint.h>

#define BW_CHAIN 3 /* sums of four units */

/* acc += the sums of two rows of `depth` taps (at least one), the second one `pitch` bytes after the first. */
void bw_woven_units_s8(const int32_t *row, const int8_t *input, int32_t depth, int32_t pitch,
                       uint32_t acc[2 * BW_CHAIN]);

#endif /* BW_WOVEN_UNITS_S8_H */
