/* Sums of a row of int16 on Helium: 3 instructions for 8 elements, 6 for four. */
#include "bw_mad_sums_s16.h"

int32_t bw_mad_total_s16(const int16_t *x, int32_t depth) {
    int32_t total = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("dlstp.16    lr, %2        \n"
                     "1:                       \n"
                     "vldrh.u16   q0, [%1], #16 \n"
                     "vaddva.s16  %0, q0        \n"
                     "letp       lr, 1b        \n"
                     : "+Te"(total), "+r"(x)
                     : "r"(depth)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < depth; ++i) {
        total += x[i];
    }
#endif
    return total;
}

uint32_t bw_mad_positive_s16(const int16_t *x, int32_t depth, int32_t total) {
    int32_t sum = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vmov.i32   q1, #0        \n"
                     "vdup.32    q2, %3        \n"
                     "dlstp.32   lr, %2        \n"
                     "1:                       \n"
                     "vldrh.s32  q0, [%1], #8 \n"
                     "vmul.i32   q0, q0, %2    \n"
                     "vsub.i32   q0, q0, q2    \n"
                     "vmax.s32   q0, q0, q1    \n"
                     "vaddva.s32 %0, q0        \n"
                     "letp       lr, 1b        \n"
                     : "+Te"(sum), "+l"(x)
                     : "r"(depth), "r"(total)
                     : "lr", "q0", "q1", "q2", "memory");
#else
    for (int32_t i = 0; i < depth; ++i) {
        const int32_t d = depth * x[i] - total;
        sum += d > 0 ? d : 0;
    }
#endif
    return (uint32_t)sum;
}
