/* Sums of products in float16: eight lanes of fused multiply-adds, each rounded once, widened before they grow long.
 *
 * A sum of `depth` products goes block by block of BW_BLOCK_F16. Within a block lane j takes elements j, j + 8, ...:
 * at most 16 of them, from zero. The lanes' sums are widened to float32 and added, ((0 + 1) + (2 + 3)) + ((4 + 5) +
 * (6 + 7)), and blocks are added to the sum, which is float32 and starts from +0, in their order. Weights of int8 count
 * as w / 128, so that a lane stays below 16 times the largest input. A lane that overflows is infinite from there on.
 */
#ifndef BW_FUSED_F16_H
#define BW_FUSED_F16_H

#include "bw_real.h"

#define BW_LANES_F16 8
#define BW_STEPS_F16 16
#define BW_BLOCK_F16 (BW_LANES_F16 * BW_STEPS_F16)

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
#define BW_HELIUM_F16
#endif

/* A weight as it counts. */
static inline float bw_weight_f16(int8_t weight) { return (float)weight * 0.0078125f; }

/* The number with an odd last bit on the side of the rest, where there is one: what is left of sum + rest can be
 * rounded again to fewer bits as if it had not been rounded before. */
static inline float bw_odd_f16(float sum, float rest) {
    const uint32_t bits = bw_bits(sum);
    if (rest == 0.0f || (bits & 1U)) {
        return sum;
    }
    return bw_of_bits((rest > 0.0f) == (sum > 0.0f) ? bits + 1U : bits - 1U);
}

/* The nearest number that float16 holds, ties to even; infinite from 65520 on. */
static inline float bw_nearest_f16(float x) {
    const uint32_t bits = bw_bits(x), sign = bits & 0x80000000U, magnitude = bits & 0x7FFFFFFFU;
    if (magnitude >= 0x477FF000U) {
        return bw_of_bits(sign | 0x7F800000U);
    }
    if (magnitude < 0x38800000U) { /* below 2^-14: adding 0.5 leaves units of 2^-24, rounded */
        return bw_of_bits(sign | bw_bits((bw_of_bits(magnitude) + 0.5f) - 0.5f));
    }
    return bw_of_bits(sign | ((magnitude + 0xFFFU + ((magnitude >> 13) & 1U)) & ~0x1FFFU));
}

/* a * b + sum of finite a and b and a sum that is a number, all of float16, rounded once: the product is exact. */
static inline float bw_fused_f16(float a, float b, float sum) {
    const float product = a * b, total = product + sum;
    if (bw_bits(total) << 1 >= 0x478FU << 17) { /* 73216: far beyond, or infinite already */
        return bw_nearest_f16(total);
    }
    const float of_sum = total - product;
    return bw_nearest_f16(bw_odd_f16(total, (product - (total - of_sum)) + (sum - of_sum)));
}

/* The sum of a block's lanes. */
static inline float bw_widened_f16(const float lanes[BW_LANES_F16]) {
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* The length of the block that begins at `at`. */
static inline int32_t bw_block_f16(int32_t at, int32_t depth) {
    return depth - at < BW_BLOCK_F16 ? depth - at : BW_BLOCK_F16;
}

#ifdef BW_HELIUM_F16
/* q7 = the even lanes of q<n>, q<n> = its odd lanes, as float32: vcvtb.f32.f16 and vcvtt.f32.f16 by their codes, of
 * which binutils 2.40 writes those of other registers. */
#define BW_WIDEN_F16(n)                                                                                                \
    ".inst.w 0xfe3fee01 + 2 * " #n "      \n"                                                                          \
    ".inst.w 0xfe3f1e01 + 0x2002 * " #n " \n"

/* Adds the lanes of q<n>, which is s<a> to s<d>, to a sum; q7 is overwritten. */
#define BW_ADD_LANES_F16(n, a, b, c, d, sum)                                                                           \
    BW_WIDEN_F16(n)                                                                                                    \
    "vadd.f32 q" #n ", q7, q" #n " \n"                                                                                 \
    "vadd.f32 " #a ", " #a ", " #b " \n"                                                                               \
    "vadd.f32 " #c ", " #c ", " #d " \n"                                                                               \
    "vadd.f32 " #a ", " #a ", " #c " \n"                                                                               \
    "vadd.f32 " sum ", " sum ", " #a " \n"
#endif

#endif /* BW_FUSED_F16_H */
