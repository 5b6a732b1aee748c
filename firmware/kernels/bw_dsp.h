/* The Armv7E-M DSP instructions that the kernels use, with a portable definition of each for other cores and the host.
 */
#ifndef BW_DSP_H
#define BW_DSP_H

#include <stdint.h>
#include <string.h>

/* Bytes 0 and 2, sign-extended to two halfwords. */
static inline uint32_t bw_sxtb16(uint32_t x) {
#ifdef __ARM_FEATURE_DSP
    uint32_t y;
    __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(x));
    return y;
#else
    return (uint32_t)(uint16_t)(int8_t)x | (uint32_t)(uint16_t)(int8_t)(x >> 16) << 16;
#endif
}

/* Bytes 1 and 3, sign-extended to two halfwords. */
static inline uint32_t bw_sxtb16_ror8(uint32_t x) {
#ifdef __ARM_FEATURE_DSP
    uint32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(x));
    return y;
#else
    return bw_sxtb16(x >> 8);
#endif
}

/* Two halfword sums: acc + bytes 0 and 2 of x, sign-extended. */
static inline uint32_t bw_sxtab16(uint32_t acc, uint32_t x) {
#ifdef __ARM_FEATURE_DSP
    uint32_t sums;
    __asm__("sxtab16 %0, %1, %2" : "=r"(sums) : "r"(acc), "r"(x));
    return sums;
#else
    const uint32_t y = bw_sxtb16(x);
    return ((acc + y) & 0xFFFFU) | ((acc & 0xFFFF0000U) + (y & 0xFFFF0000U));
#endif
}

/* The same with bytes 1 and 3. */
static inline uint32_t bw_sxtab16_ror8(uint32_t acc, uint32_t x) {
#ifdef __ARM_FEATURE_DSP
    uint32_t sums;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sums) : "r"(acc), "r"(x));
    return sums;
#else
    return bw_sxtab16(acc, x >> 8);
#endif
}

/* The larger of each of four signed bytes. */
static inline uint32_t bw_max_bytes(uint32_t a, uint32_t b) {
#ifdef __ARM_FEATURE_DSP
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b));
    return larger;
#else
    uint32_t larger = 0;
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        const uint32_t byte = (int8_t)(a >> shift) > (int8_t)(b >> shift) ? a >> shift : b >> shift;
        larger |= (byte & 0xFFU) << shift;
    }
    return larger;
#endif
}

/* The low halfwords of a and b: b's on top. */
static inline uint32_t bw_pkhbt(uint32_t a, uint32_t b) {
#ifdef __ARM_FEATURE_DSP
    uint32_t y;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(y) : "r"(a), "r"(b));
    return y;
#else
    return (a & 0xFFFFU) | b << 16;
#endif
}

/* The high halfwords of a and b: b's on top. */
static inline uint32_t bw_pkhtb(uint32_t a, uint32_t b) {
#ifdef __ARM_FEATURE_DSP
    uint32_t y;
    __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(y) : "r"(a), "r"(b));
    return y;
#else
    return a >> 16 | (b & 0xFFFF0000U);
#endif
}

/* acc + a.low * b.low + a.high * b.high, halfwords signed. */
static inline int32_t bw_smlad(uint32_t a, uint32_t b, int32_t acc) {
#ifdef __ARM_FEATURE_DSP
    int32_t sum;
    __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
#else
    const int32_t low = (int16_t)a * (int16_t)b, high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    return (int32_t)((uint32_t)acc + (uint32_t)low + (uint32_t)high);
#endif
}

/* The same with a sum of 64 bits. */
static inline uint64_t bw_smlald(uint32_t a, uint32_t b, uint64_t acc) {
#ifdef __ARM_FEATURE_DSP
    __asm__("smlald %Q0, %R0, %1, %2" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
#else
    const int32_t low = (int16_t)a * (int16_t)b, high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    return acc + (uint64_t)(int64_t)low + (uint64_t)(int64_t)high;
#endif
}

/* acc + ((a * the low halfword of b) >> 16), the product of 48 bits rounded down. */
static inline int32_t bw_smlawb(int32_t a, uint32_t b, int32_t acc) {
#ifdef __ARM_FEATURE_DSP
    int32_t sum;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
#else
    return (int32_t)((uint32_t)acc + (uint32_t)(int32_t)(((int64_t)a * (int16_t)b) >> 16));
#endif
}

/* The same with the high halfword of b. */
static inline int32_t bw_smlawt(int32_t a, uint32_t b, int32_t acc) {
#ifdef __ARM_FEATURE_DSP
    int32_t sum;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
#else
    return bw_smlawb(a, b >> 16, acc);
#endif
}

/* acc + the high word of a * b, rounded down. */
static inline int32_t bw_smmla(int32_t a, int32_t b, int32_t acc) {
#ifdef __ARM_FEATURE_DSP
    int32_t sum;
    __asm__("smmla %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
#else
    return (int32_t)((uint32_t)acc + (uint32_t)(int32_t)(((int64_t)a * b) >> 32));
#endif
}

/* acc + the high word of a * b, rounded half up. */
static inline int32_t bw_smmlar(int32_t a, int32_t b, int32_t acc) {
#ifdef __ARM_FEATURE_DSP
    int32_t sum;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(acc));
    return sum;
#else
    return (int32_t)((uint32_t)acc + (uint32_t)(int32_t)(((int64_t)a * b + (INT64_C(1) << 31)) >> 32));
#endif
}

/* The high word of a * b, rounded half up. */
static inline int32_t bw_smmulr(int32_t a, int32_t b) {
#ifdef __ARM_FEATURE_DSP
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
#else
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 31)) >> 32);
#endif
}

/* Requantization DOUBLE in six instructions for |acc| < 2^30 and a right shift of 1 to 31: floor((acc * m + 2^30) /
 * 2^31) is the rounded high word of 2 * acc * m; ties away from zero by one less for negative values. */
static inline int32_t bw_requantize_dsp(int32_t acc, int32_t multiplier, int32_t right) {
    int32_t value = bw_smmulr((int32_t)((uint32_t)acc << 1), multiplier);
    value -= value < 0;
    return (int32_t)((uint32_t)value + (UINT32_C(1) << (right - 1))) >> right;
}

/* Clamped to int8. */
static inline int32_t bw_ssat8(int32_t value) {
#ifdef __ARM_FEATURE_SAT
    int32_t clamped;
    __asm__("ssat %0, #8, %1" : "=r"(clamped) : "r"(value));
    return clamped;
#else
    return value < -128 ? -128 : value > 127 ? 127 : value;
#endif
}

/* Requantization of rectified layers in two instructions: zero point and clamp -128, clamp 127, so that only steps
 * between outputs above zero count. acc, multiplier and offset = (zero point << 10) + half a step are scaled per
 * channel such that every such step happens at the accumulator at which policy DOUBLE has it (proven on the host). */
static inline int8_t bw_rectify(int32_t acc, int32_t multiplier, int32_t offset) {
    return (int8_t)bw_ssat8(bw_smmla(acc, multiplier, offset) >> 10);
}

/* Clamped to int16. */
static inline int32_t bw_ssat16(int32_t value) {
#ifdef __ARM_FEATURE_SAT
    int32_t clamped;
    __asm__("ssat %0, #16, %1" : "=r"(clamped) : "r"(value));
    return clamped;
#else
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
#endif
}

static inline uint32_t bw_load32(const void *from) {
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline void bw_store32(void *to, uint32_t word) { memcpy(to, &word, sizeof word); }

#endif /* BW_DSP_H */
