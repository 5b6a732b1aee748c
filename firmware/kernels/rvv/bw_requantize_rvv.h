/* What turns the sums of channels into outputs: policy DOUBLE for accumulators below 2^30 in magnitude and right shifts
 * of 1 to 31.
 *
 * The constants of channels are arrays in the order of the channels. Cost: some 25 instructions, and 13 for each vector
 * of outputs, 2 more where the ties of negative values can be seen.
 */
#ifndef BW_REQUANTIZE_RVV_H
#define BW_REQUANTIZE_RVV_H

#include "bw_rvv.h"

typedef struct {
    const int32_t *bias; /* with the input's zero point folded in */
    const int32_t *multiplier;
    const int8_t *right;
    int32_t output_zero_point, low, high;
    int32_t signed_ties; /* low is below the zero point */
} bw_requantize_rvv;

/* b and c may be NULL. The multiplication is done with before the shifts are loaded, so that three vectors of sums and
 * either of these fit the registers. */
static inline void bw_round_rvv(const bw_requantize_rvv *q, int32_t channel, bw_words *a, bw_words *b, bw_words *c,
                                size_t n) {
    const bw_words multiplier = bw_load_words(q->multiplier + channel, n);
    const size_t half = bw_half_lanes(), first = n < half ? n : half;
    *a = bw_multiply_high(*a, multiplier, n);
    if (b) {
        *b = bw_multiply_high(*b, multiplier, n);
    }
    if (c) {
        *c = bw_multiply_high(*c, multiplier, n);
    }
    if (q->signed_ties) {
        *a = bw_lower_negative(*a, n);
        if (b) {
            *b = bw_lower_negative(*b, n);
        }
        if (c) {
            *c = bw_lower_negative(*c, n);
        }
    }
    bw_shifts right = bw_load_shifts(q->right + channel, first);
    *a = bw_round_first(*a, right, first);
    if (b) {
        *b = bw_round_first(*b, right, first);
    }
    if (c) {
        *c = bw_round_first(*c, right, first);
    }
    if (n > first) {
        right = bw_load_shifts(q->right + channel + first, n - first);
        *a = bw_round_second(*a, right, n - first);
        if (b) {
            *b = bw_round_second(*b, right, n - first);
        }
        if (c) {
            *c = bw_round_second(*c, right, n - first);
        }
    }
}

/* One channel in all lanes. */
static inline bw_words bw_round_one_rvv(const bw_requantize_rvv *q, int32_t channel, bw_words a, size_t n) {
    a = bw_multiply_high_by(a, q->multiplier[channel], n);
    return bw_round(q->signed_ties ? bw_lower_negative(a, n) : a, q->right[channel], n);
}

/* What is rounded as outputs. */
static inline bw_bytes bw_clamp_rvv(const bw_requantize_rvv *q, bw_words a, size_t n) {
    return bw_narrow(a, q->output_zero_point, q->low, q->high, n);
}

#endif /* BW_REQUANTIZE_RVV_H */
