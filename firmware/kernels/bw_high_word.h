/* The high word of the product of two unsigned words; on cores that multiply to one word alone, from four halves. */
#ifndef BW_HIGH_WORD_H
#define BW_HIGH_WORD_H

#include <stdint.h>

static inline uint32_t bw_high_word(uint32_t a, uint32_t b) {
#if defined(__ARM_ARCH) && __ARM_ARCH == 6
    const uint32_t a0 = a & 0xFFFFU, a1 = a >> 16, b0 = b & 0xFFFFU, b1 = b >> 16;
    const uint32_t middle = a1 * b0 + ((a0 * b0) >> 16), other = a0 * b1 + (middle & 0xFFFFU);
    return a1 * b1 + (middle >> 16) + (other >> 16);
#else
    return (uint32_t)(((uint64_t)a * b) >> 32);
#endif
}

#endif /* BW_HIGH_WORD_H */
