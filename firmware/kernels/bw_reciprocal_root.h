/* The reciprocal square root in 64-bit integers, bit for bit that of converter/ops/normalization.py. */
#ifndef BW_RECIPROCAL_ROOT_H
#define BW_RECIPROCAL_ROOT_H

#include "bw_high_word.h"
#include "bw_log2.h"

/* 1 / sqrt(value) = result * 2^(*exponent - 61), value in [1, 2^62); relative error below 2^-29.8.
 * The result lies in [2^30, 2^31), and value << 2 * *exponent in [2^60, 2^62). */
static inline int32_t bw_reciprocal_root(uint64_t value, int32_t *exponent) {
    const int32_t e = (62 - bw_bit_length64(value)) >> 1;
    const uint32_t a = (uint32_t)((value << (2 * e)) >> 30); /* 32 bits of fraction, in [1/4, 1) */
    /* 2.2 - 1.2 a with 30 bits of fraction; each of Newton's steps then squares the relative error. */
    uint32_t root = UINT32_C(2362232012) - bw_high_word(a, UINT32_C(1288490188));
    for (int32_t step = 0; step < 4; ++step) {
        const uint32_t square =
            (uint32_t)(((uint64_t)root * root) >> 30); /* never more than 1 / a: no step goes beyond */
        root = (uint32_t)(((uint64_t)root * ((UINT32_C(3) << 30) - bw_high_word(a, square))) >> 31);
    }
    *exponent = e;
    return (int32_t)root;
}

#endif /* BW_RECIPROCAL_ROOT_H */
