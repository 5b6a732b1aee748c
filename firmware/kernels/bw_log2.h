/* Integer logarithm and square roots of the front ends, bit for bit those of converter/ops/signal and fixedpoint.py. */
#ifndef BW_LOG2_H
#define BW_LOG2_H

#include <stdint.h>

/* Number of bits up to the highest one that is set; 0 of 0. */
static inline int32_t bw_bit_length(uint32_t value) {
#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb)
    return value != 0U ? 32 - __builtin_clz(value) : 0;
#else /* compilers would call a function with a table of 256 bytes */
    int32_t bits = 0;
    if (value >> 16 != 0U) {
        value >>= 16, bits += 16;
    }
    if (value >> 8 != 0U) {
        value >>= 8, bits += 8;
    }
    if (value >> 4 != 0U) {
        value >>= 4, bits += 4;
    }
    if (value >> 2 != 0U) {
        value >>= 2, bits += 2;
    }
    if (value >> 1 != 0U) {
        value >>= 1, bits += 1;
    }
    return bits + (int32_t)value;
#endif
}

static inline int32_t bw_bit_length64(uint64_t value) {
    const uint32_t high = (uint32_t)(value >> 32);
    return (high != 0U ? 32 : 0) + bw_bit_length(high != 0U ? high : (uint32_t)value);
}

/* log2 in Q10 of 1..2^62-1; error below 0.58 steps. table: log2(1 + i / 64) in Q15, i = 0..64. */
static inline int32_t bw_log2_q10(uint64_t value, const uint16_t *table) {
    const int32_t exponent = bw_bit_length64(value) - 1;
    const uint32_t mantissa =
        (uint32_t)(exponent >= 16 ? value >> (exponent - 16) : value << (16 - exponent)) & UINT32_C(0xffff);
    const uint16_t *segment = table + (mantissa >> 10);
    const uint32_t step = (uint32_t)segment[1] - segment[0];
    const uint32_t fraction = segment[0] + ((step * (mantissa & UINT32_C(0x3ff)) + 512U) >> 10);
    return exponent * 1024 + (int32_t)((fraction + 16U) >> 5);
}

/* floor(sqrt(value)). */
static inline uint32_t bw_sqrt32(uint32_t value) {
    uint32_t root = 0;
    uint32_t bit = value != 0U ? UINT32_C(1) << ((bw_bit_length(value) - 1) & ~1) : 0U;
    for (; bit != 0U; bit >>= 2) {
        const uint32_t trial = root + bit;
        root >>= 1;
        if (value >= trial) {
            value -= trial;
            root += bit;
        }
    }
    return root;
}

/* The same of 64 bits; value - root * root is left in `rest`. */
static inline uint64_t bw_sqrt64(uint64_t value, uint64_t *rest) {
    uint64_t root = 0;
    uint64_t bit = value != 0U ? UINT64_C(1) << ((bw_bit_length64(value) - 1) & ~1) : 0U;
    for (; bit != 0U; bit >>= 2) {
        const uint64_t trial = root + bit;
        root >>= 1;
        if (value >= trial) {
            value -= trial;
            root += bit;
        }
    }
    *rest = value;
    return root;
}

#endif /* BW_LOG2_H */
