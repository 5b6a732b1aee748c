/* One element of a weighted sum of rows of int16 on Helium. Cost: 5 instructions per eight products, which are
 * gathered, and some 20. */
#ifndef BW_ATTEND_ELEMENT_MVE_H
#define BW_ATTEND_ELEMENT_MVE_H

#include <stdint.h>

/* sum + sum of weights[j] * values[j * stride] over j */
static inline int64_t bw_attend_element_mve(const int16_t *weights, const int16_t *values, int32_t stride,
                                            int32_t count, int64_t sum) {
#ifdef __ARM_FEATURE_MVE
    if (stride < 1 << 12) { /* so that seven of them, in bytes, fit a lane */
        int32_t zero = 0;
        __asm__ volatile("vidup.u16     q2, %[zero], #1       \n"
                         "vmul.i16      q2, q2, %[stride]     \n"
                         "wlstp.16      lr, %[count], 2f      \n"
                         "1:                                  \n"
                         "vldrh.u16     q0, [%[weights]], #16 \n"
                         "vldrh.u16     q1, [%[values], q2, uxtw #1] \n"
                         "vmlaldava.s16 %Q[sum], %R[sum], q0, q1 \n"
                         "add           %[values], %[values], %[stride], lsl #4 \n"
                         "letp          lr, 1b                \n"
                         "2:                                  \n"
                         : [sum] "+r"(sum), [weights] "+r"(weights), [values] "+r"(values), [zero] "+Te"(zero)
                         : [stride] "r"(stride), [count] "r"(count)
                         : "lr", "q0", "q1", "q2", "memory");
        return sum;
    }
#endif
    for (int32_t j = 0; j < count; ++j) {
        sum += weights[j] * values[j * stride];
    }
    return sum;
}

#endif /* BW_ATTEND_ELEMENT_MVE_H */
