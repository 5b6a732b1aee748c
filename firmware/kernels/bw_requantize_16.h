/* Requantization for cores whose multiplier gives 32 bits only. */
#ifndef BW_REQUANTIZE_16_H
#define BW_REQUANTIZE_16_H

#include <stdint.h>

/* Rounding DOUBLE (bw_fixedpoint.h), saturated to int8, of |acc| < 2^23; multiplier = high << 16 | low with high <
 * 2^15, shift = right shift - 1, offset = 2 * output zero point + 1.
 *
 * The doubled accumulator is x * 2^16 + y with y signed, so that of the four products of halves none and no sum of
 * them leaves int32: |x| <= 2^8, |y| <= 2^15. */
static inline int32_t bw_requantize_16(int32_t acc, int32_t high, int32_t low, int32_t shift, int32_t offset) {
    const int32_t doubled = 2 * acc, y = (int16_t)doubled, x = (doubled - y) >> 16;
    const int32_t middle = x * low + y * high + ((y * low) >> 16) + (1 << 15);
    int32_t value = x * high + (middle >> 16);
    value -= value < 0;
    value = ((value >> shift) + offset) >> 1;
    if (value != (int8_t)value) {
        value = value < 0 ? -128 : 127;
    }
    return value;
}

#endif /* BW_REQUANTIZE_16_H */
