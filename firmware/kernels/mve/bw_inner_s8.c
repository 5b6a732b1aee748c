/* Inner product, sixteen products by one VMLADAVA; lanes beyond the end are neither read nor added. */
#include "bw_inner_s8.h"

int32_t bw_inner_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("wlstp.8      lr, %3, 2f    \n"
                     "1:                         \n"
                     "vldrb.u8     q0, [%1], #16 \n"
                     "vldrb.u8     q1, [%2], #16 \n"
                     "vmladava.s8  %0, q0, q1    \n"
                     "letp         lr, 1b        \n"
                     "2:                         \n"
                     : "+Te"(sum), "+r"(a), "+r"(b)
                     : "r"(count)
                     : "lr", "q0", "q1", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
#endif
    return sum;
}
