/* The inner product of two runs of int16, in 64 bits. Cost: 1.75 instructions per product on a Cortex-M4. */
#ifndef BW_INNER_S16_H
#define BW_INNER_S16_H

#include <stdint.h>

#include "bw_dsp.h"

static inline int64_t bw_inner_s16(const int16_t *a, const int16_t *b, int32_t count) {
#ifdef __ARM_FEATURE_DSP
    uint64_t sum = 0;
    const int16_t *const whole = a + (count & ~3), *const end = a + count;
    for (; a < whole; a += 4, b += 4) {
        sum = bw_smlald(bw_load32(a + 2), bw_load32(b + 2), bw_smlald(bw_load32(a), bw_load32(b), sum));
    }
    for (; a < end; ++a, ++b) {
        sum += (uint64_t)(int64_t)(*a * *b);
    }
    return (int64_t)sum;
#else
    int64_t sum = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
#endif
}

#endif /* BW_INNER_S16_H */
