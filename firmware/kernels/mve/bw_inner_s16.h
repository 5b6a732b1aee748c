/* The inner product of two runs of int16, in 64 bits, on Helium. Cost: 4 instructions per eight products. */
#ifndef BW_INNER_S16_H
#define BW_INNER_S16_H

#include <stdint.h>

static inline int64_t bw_inner_s16(const int16_t *a, const int16_t *b, int32_t count) {
    int64_t sum = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("wlstp.16      lr, %3, 2f        \n"
                     "1:                              \n"
                     "vldrh.u16     q0, [%1], #16     \n"
                     "vldrh.u16     q1, [%2], #16     \n"
                     "vmlaldava.s16 %Q0, %R0, q0, q1  \n"
                     "letp          lr, 1b            \n"
                     "2:                              \n"
                     : "+r"(sum), "+r"(a), "+r"(b)
                     : "r"(count)
                     : "lr", "q0", "q1", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
#endif
    return sum;
}

#endif /* BW_INNER_S16_H */
