/* What the kernels of capsules share in the arithmetic paper_q7; bit for bit converter/ops/capsule_q7.py.
 *
 * After "Shifting Capsule Networks from the Cloud to the Deep Edge" (arXiv 2110.02911), whose integers these are,
 * made total: isqrt(0) is 0, divisions by powers of two truncate towards zero, and no shift has a negative count.
 */
#ifndef BW_CAPSULE_Q7_H
#define BW_CAPSULE_Q7_H

#include "bw_fixedpoint.h"

/* Bits of fraction of what is squashed and of the result, 0..24. */
typedef struct {
    int32_t input, output;
} bw_capsule_formats;

/* value / 2^shift towards zero; value * 2^-shift where the shift is negative (proven to fit). */
static inline int32_t bw_capsule_divide(int32_t value, int32_t shift) {
    if (shift <= 0) {
        return bw_shl32(value, -shift);
    }
    const uint32_t bias = value < 0 ? (UINT32_C(1) << shift) - 1U : 0U;
    return (int32_t)((uint32_t)value + bias) >> shift;
}

static inline int32_t bw_capsule_sat8(int32_t value) { return bw_clamp(value, INT8_MIN, INT8_MAX); }

/* floor(sqrt(value)), value below 2^31: Newton's method from above. */
static inline int32_t bw_capsule_isqrt(int32_t value) {
    if (value < 2) {
        return value;
    }
    int32_t root = value >> 1;
    for (int32_t next = (root + value / root) >> 1; next < root; next = (root + value / root) >> 1) {
        root = next;
    }
    return root;
}

/* What squashes a vector with sum of squares `power`: *numerator / *denominator per element. */
static inline void bw_capsule_squash_q7(int32_t power, bw_capsule_formats formats, int32_t *numerator,
                                        int32_t *denominator) {
    const int32_t shift = formats.output - formats.input, root = bw_capsule_isqrt(power);
    *numerator = shift >= 0 ? bw_shl32(root, shift) : root >> -shift;
    *denominator = (power >> formats.input) + bw_shl32(1, formats.input);
}

/* Logits to couplings in Q7, as legacy CMSIS-NN's q7 softmax with the constant 14. */
static inline void bw_capsule_softmax_q7(const int8_t *logits, int32_t count, int8_t *couplings) {
    int32_t base = logits[0], total = 0;
    for (int32_t j = 1; j < count; ++j) {
        base = logits[j] > base ? logits[j] : base;
    }
    base -= 8;
    for (int32_t j = 0; j < count; ++j) {
        total += bw_shl32(1, bw_clamp(logits[j] - base, 0, 7));
    }
    const int32_t whole = (INT32_C(1) << 20) / total;
    for (int32_t j = 0; j < count; ++j) {
        const int32_t part = whole >> bw_clamp(14 + base - logits[j], 0, 31);
        couplings[j] = (int8_t)bw_capsule_sat8(part);
    }
}

#endif /* BW_CAPSULE_Q7_H */
