/* The reciprocal square root in 64-bit integers, bit for bit that of converter/ops/normalization.py.
 *
 * Measured on a Cortex-M4: some 70 instructions, once a row or vector. */
#ifndef BW_RECIPROCAL_ROOT_H
#define BW_RECIPROCAL_ROOT_H

#include <stdint.h>

/* 1 / sqrt(value) = result * 2^(*exponent - 61), value in [1, 2^62); relative error below 2^-29.8.
 * The result lies in [2^30, 2^31), and value << 2 * *exponent in [2^60, 2^62). */
int32_t bw_reciprocal_root(uint64_t value, int32_t *exponent);

#endif /* BW_RECIPROCAL_ROOT_H */
