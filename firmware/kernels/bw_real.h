/* Arithmetic of layers in float: float32 or float16 in memory, float32 in between.
 *
 * Every operation is one of IEEE 754's, rounded to nearest even: no product may be fused with a sum, none may be
 * reordered, and subnormal numbers count, as they do on a core whose FPSCR is as after reset. What is written is
 * clamped to a finite range first (bw_clamp), and what is no number becomes its lower end.
 *
 * float16 is stored as its bits. Arm's cores convert them by instructions of their own, the portable conversions give
 * the same bits.
 */
#ifndef BW_REAL_H
#define BW_REAL_H

#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "layers in float need the exact order and rounding of their operations: compile without -ffast-math"
#endif
#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "layers in float need float arithmetic in float: use the processor's single precision (on x86, SSE)"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
/* Helium's vectors of float32 take subnormal numbers for zeros. */
#pragma GCC optimize("fp-contract=off", "no-tree-vectorize")
#endif

static inline float bw_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bw_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* x in [low, high]; low where x is no number. */
static inline float bw_clamp(float x, float low, float high) {
#if defined(__arm__) && defined(__ARM_FP) && __ARM_ARCH >= 8
    __asm__("vmaxnm.f32 %0, %0, %1 \n"
            "vminnm.f32 %0, %0, %2 \n"
            : "+t"(x)
            : "t"(low), "t"(high));
    return x;
#else
    const float raised = x > low ? x : low;
    return raised < high ? raised : high;
#endif
}

/* The nearest whole number, ties away from zero, of a magnitude below 2^31. */
static inline int32_t bw_whole(float x) { return (int32_t)(x < 0.0f ? x - 0.5f : x + 0.5f); }

#if defined(__arm__) && defined(__ARM_FP) && (__ARM_FP & 2)

/* Not by the type __fp16: GCC 12 may load it by an instruction that no Cortex-M has (vld1.16). */
static inline float bw_of_half(uint16_t bits) {
    float x;
    __asm__("vcvtb.f32.f16 %0, %1" : "=t"(x) : "t"(bw_of_bits(bits)));
    return x;
}

static inline uint16_t bw_half(float x) {
    float half; /* the lower bits are written */
    __asm__("vcvtb.f16.f32 %0, %1" : "=t"(half) : "t"(x));
    return (uint16_t)bw_bits(half);
}

#else

/* Exact; the bits are those of a finite number. */
static inline float bw_of_half(uint16_t bits) {
    const uint32_t sign = (uint32_t)(bits & 0x8000U) << 16;
    const uint32_t magnitude = bits & 0x7FFFU;
    if (magnitude < 0x400U) { /* subnormal: units of 2^-24 */
        const float small = (float)magnitude * 5.9604644775390625e-8f;
        return sign ? -small : small;
    }
    return bw_of_bits(sign | ((magnitude << 13) + 0x38000000U));
}

/* The nearest of magnitudes up to 65504, ties to even. */
static inline uint16_t bw_half(float x) {
    const uint32_t bits = bw_bits(x), sign = (bits >> 16) & 0x8000U, magnitude = bits & 0x7FFFFFFFU;
    if (magnitude < 0x38800000U) { /* below 2^-14: adding 0.5 leaves units of 2^-24, rounded */
        return (uint16_t)(sign | (bw_bits(bw_of_bits(magnitude) + 0.5f) - 0x3F000000U));
    }
    return (uint16_t)(sign | ((magnitude - 0x38000000U + 0xFFFU + ((magnitude >> 13) & 1U)) >> 13));
}

#endif

/* Elements of the type that a kernel is compiled for, and the largest finite one. */
#ifdef BW_HALF
#define BW_REAL_MOST 65504.0f
typedef uint16_t bw_real;
static inline float bw_load(const bw_real *from) { return bw_of_half(*from); }
static inline void bw_store(bw_real *to, float x) { *to = bw_half(x); }
#else
#define BW_REAL_MOST 3.4028234663852886e38f
typedef float bw_real;
static inline float bw_load(const bw_real *from) { return *from; }
static inline void bw_store(bw_real *to, float x) { *to = x; }
#endif

/* Any number, as the type holds it. */
static inline void bw_keep(bw_real *to, float x) { bw_store(to, bw_clamp(x, -BW_REAL_MOST, BW_REAL_MOST)); }

#endif /* BW_REAL_H */
