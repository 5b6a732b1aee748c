/* A function of an int16 by a table of 513 samples over its whole range and straight lines between them. */
#ifndef BW_INTERPOLATION_H
#define BW_INTERPOLATION_H

#include <stdint.h>

/* position -32768..32767 */
static inline int32_t bw_interpolated(const int16_t *table, int32_t position) {
    const int32_t index = 256 + (position >> 7);
    const int32_t slope = table[index + 1] - table[index];
    return table[index] + ((slope * (position & 0x7F) + 64) >> 7);
}

#endif /* BW_INTERPOLATION_H */
