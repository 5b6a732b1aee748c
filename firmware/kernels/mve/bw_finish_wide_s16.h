/* Requantization WIDE (bw_fixedpoint.h) of sums that fit int32, each by its own multiplier, on Helium.
 *
 * Multipliers have their 16 bits in the high half, so that half a step is a whole number of the high word's units;
 * right 1..30. Cost: 10 instructions per four outputs.
 */
#ifndef BW_FINISH_WIDE_S16_H
#define BW_FINISH_WIDE_S16_H

#include "bw_fixedpoint.h"

static inline void bw_finish_wide_s16(const int32_t *sums, const int32_t *multiplier, const int8_t *right,
                                      int32_t count, int32_t low, int32_t high, int16_t *output) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vdup.32    q3, %[low]            \n"
                     "vdup.32    q4, %[high]           \n"
                     "wlstp.32   lr, %[count], 2f      \n"
                     "1:                               \n"
                     "vldrw.32   q0, [%[sums]], #16    \n"
                     "vldrw.32   q1, [%[by]], #16      \n"
                     "vldrb.s32  q2, [%[right]], #4    \n"
                     "vmulh.s32  q0, q0, q1            \n"
                     "vneg.s32   q2, q2                \n"
                     "vrshl.s32  q0, q0, q2            \n"
                     "vmax.s32   q0, q0, q3            \n"
                     "vmin.s32   q0, q0, q4            \n"
                     "vstrh.32   q0, [%[to]], #8       \n"
                     "letp       lr, 1b                \n"
                     "2:                               \n"
                     : [sums] "+r"(sums), [by] "+r"(multiplier), [right] "+l"(right), [to] "+l"(output)
                     : [count] "r"(count), [low] "r"(low), [high] "r"(high)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        const int32_t value = bw_requantize_pow2(bw_high(sums[i], multiplier[i]), right[i]);
        output[i] = (int16_t)bw_clamp(value, low, high);
    }
#endif
}

#endif /* BW_FINISH_WIDE_S16_H */
