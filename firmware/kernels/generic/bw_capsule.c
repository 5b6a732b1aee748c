/* Roots of sums of squares: once for all layers of capsules, which call them once a vector. */
#include "bw_capsule.h"

#include "bw_reciprocal_root.h"

/* |s|^2 in the unit of the real 1. */
static uint64_t power(uint64_t squares, int32_t half) {
    return half >= 0 ? squares << (2 * half) : squares >> (-2 * half);
}

/* With 31 bits of fraction. */
static uint32_t product(uint32_t a, uint32_t b) { return (uint32_t)(((uint64_t)a * b) >> 31); }

/* Of a power. */
static uint32_t root_of(uint64_t n, int32_t *exponent) {
    const uint32_t root = (uint32_t)bw_reciprocal_root(n, exponent);
    return product((uint32_t)((n << (2 * *exponent)) >> 30), root);
}

uint32_t bw_capsule_root(uint64_t squares, int32_t half, int32_t *exponent) {
    return root_of(power(squares, half), exponent);
}

bw_capsule_squash bw_capsule_squash_of(uint64_t squares, int32_t half, const int64_t *one,
                                       const bw_capsule_step *step) {
    bw_capsule_squash by = {0, 0, 1};
    const uint64_t n = power(squares, half);
    if (n == 0) {
        return by;
    }
    int32_t e, f;
    const uint32_t length = root_of(n, &e), other = (uint32_t)bw_reciprocal_root(n + (uint64_t)*one, &f);
    const int32_t right = 28 - half + e - 2 * f - step->shift; /* of the high word */
    if (right > 30) {
        return by;
    }
    by.factor = (int32_t)product(product(length, product(other, other)), (uint32_t)step->multiplier);
    by.left = right < 1 ? 1 - right : 0;
    by.right = right + by.left;
    return by;
}
