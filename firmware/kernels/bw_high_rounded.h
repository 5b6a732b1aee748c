/* The high word of the product of two signed words, rounded half up; on cores that multiply to one word alone, from
 * four halves. */
#ifndef BW_HIGH_ROUNDED_H
#define BW_HIGH_ROUNDED_H

#include <stdint.h>

static inline int32_t bw_high_rounded(int32_t a, int32_t b) {
#if defined(__ARM_ARCH) && __ARM_ARCH == 6
    const int32_t a0 = a & 0xFFFF, a1 = a >> 16, b0 = b & 0xFFFF, b1 = b >> 16;
    const int32_t middle = a1 * b0 + (int32_t)(((uint32_t)a0 * (uint32_t)b0) >> 16);
    const int32_t other = a0 * b1 + (middle & 0xFFFF);
    return a1 * b1 + (middle >> 16) + (((other >> 15) + 1) >> 1);
#else
    const int64_t product = (int64_t)a * b;
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
#endif
}

#endif /* BW_HIGH_ROUNDED_H */
