/* What normalization by mean absolute deviation shares between int8 and int16; bit for bit converter/ops/mad_norm.py.
 *
 * Of a row of n elements c = x - input_zero_point, with d = n * c - sum(c): output = d / sum(|d|) * gain + bias, the
 * gain holding the factor n; the bias alone where all elements are equal.
 * Ranges: n up to 16384; d below 2^31, the sum below 2^45; d / sum(|d|) at most one half.
 */
#ifndef BW_MAD_NORM_H
#define BW_MAD_NORM_H

#include "bw_fixedpoint.h"

typedef struct {
    int32_t rows, depth;
    int32_t input_zero_point;
    const int32_t *gain, *bias; /* [depth] in output steps with `fraction` bits of fraction */
    int32_t fraction;           /* 1..20 */
    int32_t output_zero_point;
} bw_mad_norm_params;

/* What two passes over a row leave for its elements. */
typedef struct {
    int32_t total;   /* sum(c) */
    uint32_t factor; /* of 1 / sum(|d|), in [2^30, 2^31] */
    int32_t shift;   /* to 30 bits of fraction, 1..45 */
} bw_mad_norm_row;

static inline int64_t bw_mad_norm_d(const bw_mad_norm_params *p, int32_t total, int32_t x) {
    return (int64_t)p->depth * (x - p->input_zero_point) - total;
}

/* total = sum(c), deviation = sum(|d|) of the row. */
static inline bw_mad_norm_row bw_mad_norm_begin(int32_t total, uint64_t deviation) {
    bw_mad_norm_row row = {total, 0, 31};
    uint64_t scaled = deviation == 0 ? 1 : deviation;
    for (; scaled >= UINT64_C(1) << 31; scaled >>= 1) {
        ++row.shift;
    }
    for (; scaled < UINT64_C(1) << 30; scaled <<= 1) {
        --row.shift;
    }
    row.factor = (uint32_t)((UINT64_C(1) << 61) / scaled);
    return row;
}

/* The output of element i of the row, before its clamp. */
static inline int32_t bw_mad_norm_value(const bw_mad_norm_params *p, bw_mad_norm_row row, int32_t i, int32_t x) {
    const int64_t product = bw_mad_norm_d(p, row.total, x) * (int64_t)row.factor;
    const int64_t ratio = (product + (INT64_C(1) << (row.shift - 1))) >> row.shift;
    const int32_t scaled = (int32_t)((ratio * p->gain[i] + (INT64_C(1) << 29)) >> 30) + p->bias[i];
    return ((scaled + (INT32_C(1) << (p->fraction - 1))) >> p->fraction) + p->output_zero_point;
}

#endif /* BW_MAD_NORM_H */
