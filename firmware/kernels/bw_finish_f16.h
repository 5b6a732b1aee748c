/* From sums to float16: scale, bias, clamp and rounding of float32, four at a time on Helium.
 *
 * Helium's float32 takes subnormal numbers for zeros, all of which round to zero in float16; bw_finish_f16 makes zeros
 * positive, so that their signs do not tell. Cost there: 12 instructions per four elements with scale and bias, else 8.
 */
#ifndef BW_FINISH_F16_H
#define BW_FINISH_F16_H

#include "bw_fused_f16.h"

#ifdef BW_HELIUM_F16

/* clamp(sums * scale + bias), each element with its own, without negative zeros. */
static inline void bw_finish_f16(const float *sums, int32_t count, const float *scale, const float *bias, float low,
                                 float high, uint16_t *output) {
    __asm__ volatile("vdup.32      q2, %[low]          \n"
                     "vdup.32      q3, %[high]         \n"
                     "wlstp.32     lr, %[count], 2f    \n"
                     "1:                               \n"
                     "vldrw.u32    q0, [%[sums]], #16  \n"
                     "vldrw.u32    q1, [%[scale]], #16 \n"
                     "vmul.f32     q0, q0, q1          \n"
                     "vldrw.u32    q1, [%[bias]], #16  \n"
                     "vadd.f32     q0, q0, q1          \n"
                     "vmaxnm.f32   q0, q0, q2          \n"
                     "vminnm.f32   q0, q0, q3          \n"
                     "vcvtb.f16.f32 q0, q0             \n"
                     "vadd.f16     q0, q0, %[zero]     \n"
                     "vstrh.32     q0, [%[output]], #8 \n"
                     "letp         lr, 1b              \n"
                     "2:                               \n"
                     : [sums] "+r"(sums), [scale] "+r"(scale), [bias] "+r"(bias), [output] "+l"(output)
                     : [count] "r"(count), [low] "r"(bw_bits(low)), [high] "r"(bw_bits(high)), [zero] "r"(0)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
}

/* sums * factor, where that is no subnormal number of float32. */
static inline void bw_keep_row_f16(const float *sums, int32_t count, float factor, uint16_t *output) {
    __asm__ volatile("vdup.32      q2, %[most]         \n"
                     "vneg.f32     q1, q2              \n"
                     "wlstp.32     lr, %[count], 2f    \n"
                     "1:                               \n"
                     "vldrw.u32    q0, [%[sums]], #16  \n"
                     "vmul.f32     q0, q0, %[factor]   \n"
                     "vmaxnm.f32   q0, q0, q1          \n"
                     "vminnm.f32   q0, q0, q2          \n"
                     "vcvtb.f16.f32 q0, q0             \n"
                     "vstrh.32     q0, [%[output]], #8 \n"
                     "letp         lr, 1b              \n"
                     "2:                               \n"
                     : [sums] "+r"(sums), [output] "+l"(output)
                     : [count] "r"(count), [factor] "r"(bw_bits(factor)), [most] "r"(bw_bits(65504.0f))
                     : "lr", "q0", "q1", "q2", "memory");
}

#else

static inline void bw_finish_f16(const float *sums, int32_t count, const float *scale, const float *bias, float low,
                                 float high, uint16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        const uint16_t half = bw_half(bw_clamp(sums[i] * scale[i] + bias[i], low, high));
        output[i] = half == 0x8000U ? 0U : half;
    }
}

static inline void bw_keep_row_f16(const float *sums, int32_t count, float factor, uint16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = bw_half(bw_clamp(sums[i] * factor, -65504.0f, 65504.0f));
    }
}

#endif

#endif /* BW_FINISH_F16_H */
