/* The arithmetic of each binary operator on one pair of elements, requantization DOUBLE. */
#ifndef BW_ELEMENTWISE_RULES_H
#define BW_ELEMENTWISE_RULES_H

#include "bw_elementwise.h"
#include "bw_fixedpoint.h"

static inline int32_t bw_finish(const bw_elementwise_params *p, int32_t value) {
    const int32_t scaled = bw_requantize_positive(value, p->output_multiplier, p->output_shift);
    return bw_clamp(scaled + p->output_offset, p->low, p->high);
}

/* Both inputs at a common scale, with left_shift bits of headroom. */
static inline int32_t bw_aligned_1(const bw_elementwise_params *p, int32_t a) {
    return bw_requantize_positive(bw_shl32(a + p->offset_1, p->left_shift), p->multiplier_1, p->shift_1);
}
static inline int32_t bw_aligned_2(const bw_elementwise_params *p, int32_t b) {
    return bw_requantize_positive(bw_shl32(b + p->offset_2, p->left_shift), p->multiplier_2, p->shift_2);
}

static inline int32_t bw_rule_add(const bw_elementwise_params *p, int32_t a, int32_t b) {
    return bw_finish(p, bw_aligned_1(p, a) + bw_aligned_2(p, b));
}
static inline int32_t bw_rule_sub(const bw_elementwise_params *p, int32_t a, int32_t b) {
    return bw_finish(p, bw_aligned_1(p, a) - bw_aligned_2(p, b));
}
static inline int32_t bw_rule_mul(const bw_elementwise_params *p, int32_t a, int32_t b) {
    return bw_finish(p, (a + p->offset_1) * (b + p->offset_2));
}
static inline int32_t bw_rule_max(const bw_elementwise_params *p, int32_t a, int32_t b) {
    (void)p;
    return a > b ? a : b;
}
static inline int32_t bw_rule_min(const bw_elementwise_params *p, int32_t a, int32_t b) {
    (void)p;
    return a < b ? a : b;
}
static inline int32_t bw_rule_squared_difference(const bw_elementwise_params *p, int32_t a, int32_t b) {
    const int32_t difference = bw_aligned_1(p, a) - bw_aligned_2(p, b);
    return bw_finish(p, difference * difference);
}
/* b is the slope below zero. */
static inline int32_t bw_rule_prelu(const bw_elementwise_params *p, int32_t a, int32_t b) {
    const int32_t x = a + p->offset_1;
    const int32_t value = x >= 0 ? bw_requantize_double(x, p->multiplier_1, p->shift_1)
                                 : bw_requantize_double(x * (b + p->offset_2), p->multiplier_2, p->shift_2);
    return bw_clamp(value + p->output_offset, p->low, p->high);
}

#endif /* BW_ELEMENTWISE_RULES_H */
