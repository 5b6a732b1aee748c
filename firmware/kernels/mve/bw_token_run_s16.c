/* Passes over rows that get a scale of their own on Helium: 3 instructions for eight magnitudes, 6 for four values. */
#include "bw_token_run_s16.h"

int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("wlstp.16   lr, %2, 2f    \n"
                     "1:                       \n"
                     "vldrh.u16  q0, [%1], #16 \n"
                     "vmaxav.s16 %0, q0        \n"
                     "letp       lr, 1b        \n"
                     "2:                       \n"
                     : "+r"(largest), "+r"(x)
                     : "r"(count)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        const int32_t magnitude = x[i] < 0 ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
#endif
    return largest;
}

void bw_token_values(const int16_t *x, int32_t count, int32_t reciprocal, int8_t *q) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("wlstp.32   lr, %2, 2f   \n"
                     "1:                      \n"
                     "vldrh.s32  q0, [%0], #8 \n"
                     "vmul.i32   q0, q0, %3   \n"
                     "vrshr.s32  q0, q0, #23  \n"
                     "vstrb.32   q0, [%1], #4 \n"
                     "letp       lr, 1b       \n"
                     "2:                      \n"
                     : "+l"(x), "+l"(q)
                     : "r"(count), "r"(reciprocal)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        q[i] = (int8_t)((x[i] * reciprocal + (INT32_C(1) << 22)) >> 23);
    }
#endif
}
