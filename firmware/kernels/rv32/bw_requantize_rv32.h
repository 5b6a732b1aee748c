/* Policy DOUBLE with zero point and clamp, for accumulators below 2^29 in magnitude and multipliers of 2^30 or more.
 *
 * mulh(4 * acc, multiplier) has both roundings of the policy in sight: the first one's half is its lowest bit, the
 * second one's the bit below the shift, which is the right shift plus one (2 to 23). Ties go away from zero: both
 * halves, the zero point and the sign's step are one sum before one shift.
 */
#ifndef BW_REQUANTIZE_RV32_H
#define BW_REQUANTIZE_RV32_H

#include <stdint.h>

#include "bw_fixedpoint.h"

typedef struct {
    int32_t multiplier;
    int32_t offset; /* halves and zero point */
    int32_t shift;
} bw_requantize_rv32;

static inline bw_requantize_rv32 bw_requantization_rv32(int32_t multiplier, int32_t shift, int32_t zero_point) {
    const int32_t offset = (int32_t)((uint32_t)(2 * zero_point + 1) << (shift - 1)) + 1;
    return (bw_requantize_rv32){multiplier, offset, shift};
}

/* The high word of the product, rounded down. */
static inline int32_t bw_mulh(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b) >> 32); }

/* Where zero point and low are the same: what is below zero is clamped. Three instructions and two for the clamp. */
static inline int32_t bw_rectify_rv32(const bw_requantize_rv32 *r, int32_t acc, int32_t low, int32_t high) {
    const int32_t value = bw_mulh((int32_t)((uint32_t)acc << 2), r->multiplier) + r->offset;
    return bw_clamp(value >> r->shift, low, high);
}

/* Elsewhere: three more. */
static inline int32_t bw_clamped_rv32(const bw_requantize_rv32 *r, int32_t acc, int32_t low, int32_t high) {
    const int32_t value = bw_mulh((int32_t)((uint32_t)acc << 2), r->multiplier) + r->offset;
    return bw_clamp((acc < 0 ? value - 2 : value) >> r->shift, low, high);
}

#endif /* BW_REQUANTIZE_RV32_H */
