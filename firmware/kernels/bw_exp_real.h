/* e^(x - most) of a row in place, each the bits of bw_exp_real; four at a time on Helium.
 *
 * Helium's float32 takes subnormal numbers for zeros, and here that changes nothing: such an x gives 1, such a product
 * vanishes beside what it is added to, and results are normal. Cost there: 8 instructions per element.
 */
#ifndef BW_EXP_REAL_H
#define BW_EXP_REAL_H

#include "bw_functions_real.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)

static inline void bw_exp_row_real(float *x, int32_t count, float most) {
    /* In the order in which bw_exp_real takes them; the last is 127 as an exponent, too. */
    static const float constants[] = {-87.0f,
                                      88.0f,
                                      1.44269504088896341f,
                                      0.693359375f,
                                      -2.12194440e-4f,
                                      1.9875691500e-4f,
                                      1.3981999507e-3f,
                                      8.3334519073e-3f,
                                      4.1665795894e-2f,
                                      1.6666665459e-1f,
                                      5.0000001201e-1f,
                                      1.0f};
    uint32_t a, b;
    const float *next;
    const uint32_t largest = bw_bits(most);
#define BW_HORNER_REAL                                                                                                 \
    "vmul.f32     q3, q3, q2      \n"                                                                                  \
    "ldr          %[a], [%[next]], #4 \n"                                                                              \
    "vadd.f32     q3, q3, %[a]    \n"
    __asm__ volatile("vmov.i32     q6, #0x80000000 \n"
                     "vmov.f32     q7, #0.5        \n"
                     "wlstp.32     lr, %[count], 2f \n"
                     "1:                           \n"
                     "mov          %[next], %[constants] \n"
                     "vldrw.u32    q0, [%[x]]      \n"
                     "vsub.f32     q0, q0, %[largest] \n"
                     "ldrd         %[a], %[b], [%[next]], #8 \n"
                     "vdup.32      q1, %[a]        \n"
                     "vmaxnm.f32   q0, q0, q1      \n"
                     "vdup.32      q1, %[b]        \n"
                     "vminnm.f32   q0, q0, q1      \n"
                     "ldrd         %[a], %[b], [%[next]], #8 \n"
                     "vmul.f32     q1, q0, %[a]    \n"
                     "vand         q2, q1, q6      \n"
                     "vorr         q2, q2, q7      \n"
                     "vadd.f32     q1, q1, q2      \n"
                     "vcvt.s32.f32 q1, q1          \n"
                     "vcvt.f32.s32 q2, q1          \n"
                     "vmul.f32     q3, q2, %[b]    \n"
                     "vsub.f32     q0, q0, q3      \n"
                     "ldrd         %[a], %[b], [%[next]], #8 \n"
                     "vmul.f32     q3, q2, %[a]    \n"
                     "vsub.f32     q2, q0, q3      \n"
                     "vmul.f32     q3, q2, %[b]    \n"
                     "ldr          %[a], [%[next]], #4 \n"
                     "vadd.f32     q3, q3, %[a]    \n" BW_HORNER_REAL BW_HORNER_REAL BW_HORNER_REAL BW_HORNER_REAL
                     "vmul.f32     q0, q2, q2      \n"
                     "vmul.f32     q3, q3, q0      \n"
                     "vadd.f32     q3, q3, q2      \n"
                     "ldr          %[a], [%[next]] \n"
                     "vadd.f32     q3, q3, %[a]    \n"
                     "vshl.i32     q1, q1, #23     \n"
                     "vadd.i32     q1, q1, %[a]    \n"
                     "vmul.f32     q3, q3, q1      \n"
                     "vstrw.32     q3, [%[x]], #16 \n"
                     "letp         lr, 1b          \n"
                     "2:                           \n"
                     : [x] "+r"(x), [a] "=&r"(a), [b] "=&r"(b), [next] "=&r"(next)
                     : [count] "r"(count), [constants] "r"(constants), [largest] "r"(largest)
                     : "lr", "q0", "q1", "q2", "q3", "q6", "q7", "memory");
#undef BW_HORNER_REAL
}

#else

static inline void bw_exp_row_real(float *x, int32_t count, float most) {
    for (int32_t i = 0; i < count; ++i) {
        x[i] = bw_exp_real(x[i] - most);
    }
}

#endif

#endif /* BW_EXP_REAL_H */
