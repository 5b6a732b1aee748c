/* Runs of piecewise linear functions, eight values at a time: 19 instructions.
 *
 * With the knots' values T and U at both ends of a line, of b bits in which x goes on by r, the tangent is
 *     ((T << b) + (U - T) r + 2^(b - 1)) >> b = T + VQRDMULH(U - T, r << (15 - b)),
 * and the logistic function, where values below zero have T and U negated,
 *     2^14 + ((T - floor((T - U) r / 2^b)) >> 1), in which VQDMULH(T - U, r << (15 - b)) rounds down.
 */
#include "bw_pwl_run_s16.h"

#include "bw_pwl_s16.h"

#ifdef __ARM_FEATURE_MVE

/* clang-format off */

/* q0: the sign, 0 or -1; q1: the place in the line << (15 - bits); q2, q3: both ends of the line. */
#define FIND_LINE \
    "vldrh.u16 q1, [%[from]], #16 \n" \
    "vshr.s16  q0, q1, #15 \n" \
    "vabs.s16  q1, q1 \n" \
    "vmin.u16  q1, q1, q7 \n" \
    "vmov      q5, q1 \n" \
    "vshl.u16  q5, %[right] \n" \
    "vldrh.u16 q3, [%[next], q5, uxtw #1] \n" \
    "vldrh.u16 q2, [%[knots], q5, uxtw #1] \n" \
    "vand      q1, q1, q6 \n" \
    "vshl.u16  q1, %[left] \n"
/* clang-format on */

#define RUN(rest)                                                                                                      \
    do {                                                                                                               \
        const int32_t last = BW_PWL_LAST << bits, most = last < 0xFFFF ? last : 0xFFFF, mask = (1 << bits) - 1;        \
        __asm__ volatile(                                                                                              \
            "vdup.16   q7, %[most] \n"                                                                                 \
            "vdup.16   q6, %[mask] \n"                                                                                 \
            "wlstp.16  lr, %[count], 2f \n"                                                                            \
            "1: \n" FIND_LINE rest "vstrh.16  q2, [%[to]], #16 \n"                                                     \
            "letp      lr, 1b \n"                                                                                      \
            "2: \n"                                                                                                    \
            : [from] "+r"(from), [to] "+r"(to)                                                                         \
            : [count] "r"(count), [most] "r"(most), [mask] "r"(mask), [right] "r"(-bits), [left] "r"(15 - bits),       \
              [knots] "r"(bw_pwl_knots_s16), [next] "r"(bw_pwl_knots_s16 + 1), [half] "r"(1 << 14)                     \
            : "lr", "q0", "q1", "q2", "q3", "q5", "q6", "q7", "memory");                                               \
    } while (0)

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    const int32_t bits = 10 - integer_bits;
    RUN("vsub.i16  q3, q3, q2 \n"
        "vqrdmulh.s16 q3, q3, q1 \n"
        "vadd.i16  q2, q2, q3 \n"
        "veor      q2, q2, q0 \n"
        "vsub.i16  q2, q2, q0 \n");
}

void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    const int32_t bits = 11 - integer_bits;
    RUN("vsub.i16  q3, q2, q3 \n"
        "veor      q3, q3, q0 \n"
        "vsub.i16  q3, q3, q0 \n"
        "vqdmulh.s16 q3, q3, q1 \n"
        "veor      q2, q2, q0 \n"
        "vsub.i16  q2, q2, q0 \n"
        "vsub.i16  q2, q2, q3 \n"
        "vshr.s16  q2, q2, #1 \n"
        "vadd.i16  q2, q2, %[half] \n");
}

#else

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (int32_t i = 0; i < count; ++i) {
        to[i] = (int16_t)bw_tanh_pwl(from[i], integer_bits);
    }
}

void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (int32_t i = 0; i < count; ++i) {
        to[i] = (int16_t)bw_logistic_pwl(from[i], integer_bits);
    }
}

#endif
