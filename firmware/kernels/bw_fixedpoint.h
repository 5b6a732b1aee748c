/* The requantization policies, bit for bit those of converter/fixedpoint.py.
 *
 * Right shifts of negative integers are arithmetic on every compiler served (gcc, clang, armclang); nothing here
 * overflows a signed type for arguments in the stated ranges. A shift > 0 is a left shift.
 */
#ifndef BW_FIXEDPOINT_H
#define BW_FIXEDPOINT_H

#include <stdint.h>

/* Clamp to [low, high]. */
static inline int32_t bw_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Wrapping int32 arithmetic. */
static inline int32_t bw_add32(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t bw_shl32(int32_t value, int32_t amount) { return (int32_t)((uint32_t)value << amount); }

/* floor((a * b + 2^30) / 2^31), INT32_MAX where both are INT32_MIN. */
static inline int32_t bw_srdhm(int32_t a, int32_t b) {
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* x / 2^exponent to nearest, ties away from zero; exponent 0..31. */
static inline int32_t bw_divide_by_pot(int32_t x, int32_t exponent) {
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1U);
    const int32_t remainder = x & mask;
    const int32_t threshold = (int32_t)((uint32_t)mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* DOUBLE: two roundings; shift -31..30, and x << shift must fit int32 (proven on the host). */
static inline int32_t bw_requantize_double(int32_t x, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return bw_divide_by_pot(bw_srdhm(bw_shl32(x, left), multiplier), right);
}

/* DOUBLE by a multiplier that is not negative, as all but slopes are: nothing saturates, and ties go away from zero by
 * one less below it. */
static inline int32_t bw_requantize_positive(int32_t x, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0, right = left - shift;
    int32_t value = (int32_t)(((int64_t)bw_shl32(x, left) * multiplier + (INT64_C(1) << 30)) >> 31);
    if (right > 0) {
        value -= value < 0;
        value = ((value >> (right - 1)) + 1) >> 1;
    }
    return value;
}

/* SINGLE: one round-half-up of the 64-bit product; shift -31..30. */
static inline int32_t bw_requantize_single(int32_t x, int32_t multiplier, int32_t shift) {
    const int32_t total = 31 - shift;
    return (int32_t)(((int64_t)x * multiplier + (INT64_C(1) << (total - 1))) >> total);
}

/* FLOOR: (m * x + offset) >> shift; shift 0..62. */
static inline int32_t bw_requantize_floor(int32_t x, int32_t multiplier, int32_t shift, int64_t offset) {
    return (int32_t)(((int64_t)x * multiplier + offset) >> shift);
}

/* POW2: shift right with half rounded up; shift 0..31. */
static inline int32_t bw_requantize_pow2(int32_t x, int32_t shift) {
    return (int32_t)(((int64_t)x + ((INT64_C(1) << shift) >> 1)) >> shift);
}

/* WIDE: 48-bit accumulator, multiplier already reduced to 16 bits; shift -31..14. */
static inline int32_t bw_requantize_wide(int64_t x, int32_t multiplier16, int32_t shift) {
    const int32_t total = 15 - shift;
    return (int32_t)((x * multiplier16 + (INT64_C(1) << (total - 1))) >> total);
}

/* The high word of a product, rounded down. */
static inline int32_t bw_high(int32_t a, int32_t b) {
#if defined(__ARM_ARCH) && __ARM_ARCH < 7 /* no long products: four short ones */
    const uint32_t low_a = a & 0xFFFF, low_b = b & 0xFFFF;
    const int32_t high_a = a >> 16, high_b = b >> 16;
    const int32_t first = high_a * (int32_t)low_b + (int32_t)((low_a * low_b) >> 16);
    const int32_t second = (int32_t)low_a * high_b + (first & 0xFFFF);
    return high_a * high_b + (first >> 16) + (second >> 16);
#else
    return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* HIGH: the high word of a product, rounded down, and a shift, rounded half up; x << left fits int32, right 1..30. */
static inline int32_t bw_requantize_high(int32_t x, int32_t multiplier, int32_t left, int32_t right) {
    return (bw_high(bw_shl32(x, left), multiplier) + (1 << (right - 1))) >> right;
}

/* 16x8 operators: WIDE, or DOUBLE of an accumulator that fits int32. */
static inline int32_t bw_requantize_s16(int64_t x, int32_t multiplier, int32_t shift, int32_t wide) {
    return wide ? bw_requantize_wide(x, multiplier, shift) : bw_requantize_double((int32_t)x, multiplier, shift);
}

#endif /* BW_FIXEDPOINT_H */
