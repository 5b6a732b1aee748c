/* Requantization DOUBLE (bw_fixedpoint.h) of a run of sums by one multiplier and shift, on Helium.
 *
 * Cost: 12 instructions per four outputs.
 */
#ifndef BW_REQUANTIZE_RUN_S8_H
#define BW_REQUANTIZE_RUN_S8_H

#include "bw_fixedpoint.h"

/* output[i] = requantized(sums[i] - minus) + zero_point, clamped; sums[i] - minus, shifted left if shift > 0, fits
 * int32 and is not INT32_MIN. */
static inline void bw_requantize_run_s8(const int32_t *sums, int32_t count, int32_t minus, int32_t multiplier,
                                        int32_t shift, int32_t zero_point, int8_t *output) {
    const int32_t left = shift > 0 ? shift : 0, right = left - shift;
#ifdef __ARM_FEATURE_MVE
    if (right > 0) {
        __asm__ volatile(
            "dlstp.32     lr, %[count]        \n"
            "1:                               \n"
            "vldrw.32     q0, [%[from]], #16  \n"
            "vsub.i32     q0, q0, %[minus]    \n"
            "vqrdmulh.s32 q0, q0, %[by]       \n"
            "vshr.s32     q1, q0, #31         \n" /* ties away from zero */
            "vadd.i32     q0, q0, q1          \n"
            "vrshl.s32    q0, %[down]         \n"
            "vadd.i32     q0, q0, %[point]    \n"
            "vqmovnb.s32  q0, q0              \n"
            "vqmovnb.s16  q0, q0              \n"
            "vstrb.32     q0, [%[to]], #4     \n"
            "letp         lr, 1b              \n"
            : [from] "+r"(sums), [to] "+l"(output)
            : [count] "r"(count), [minus] "r"(minus), [by] "r"(multiplier), [down] "r"(-right), [point] "r"(zero_point)
            : "lr", "q0", "q1", "memory");
        return;
    }
#endif
    for (int32_t i = 0; i < count; ++i) {
        const int32_t value = bw_divide_by_pot(bw_srdhm(bw_shl32(sums[i] - minus, left), multiplier), right);
        output[i] = (int8_t)bw_clamp(value + zero_point, INT8_MIN, INT8_MAX);
    }
}

#endif /* BW_REQUANTIZE_RUN_S8_H */
