/* What layer and RMS normalization of int8 and int16 rows share; bit for bit converter/ops/normalization.py.
 *
 * Of a row of n elements c = x - input_zero_point, with T = sum(c) (0 without centring) and d = n * c - T:
 * output = d / sqrt(V + epsilon) * gain + bias, V = n * sum(c^2) - T^2.
 * Ranges: n up to 16384; d below 2^30, the radicand below 2^62 with its fraction, both proven on the host.
 */
#ifndef BW_LAYER_NORM_H
#define BW_LAYER_NORM_H

#include "bw_fixedpoint.h"
#include "bw_reciprocal_root.h"

typedef struct {
    int32_t rows, depth;
    int32_t centre; /* 1: subtract the mean, 0: RMS normalization */
    int32_t input_zero_point;
    const int64_t *epsilon;     /* [1] of n^2 * epsilon in the input's steps squared, with 2 * half bits of fraction */
    int32_t half;               /* half the bits of the radicand's fraction, 0..8 */
    const int32_t *gain, *bias; /* [depth] in output steps with `fraction` bits of fraction */
    int32_t fraction;           /* 1..20 */
    int32_t output_zero_point;
} bw_layer_norm_params;

/* What one pass over a row leaves for its elements. */
typedef struct {
    int32_t total; /* T */
    int32_t root;  /* of 1 / sqrt(V + epsilon), in [2^30, 2^31) */
    int32_t shift; /* to 22 bits of fraction, 1..39 */
} bw_layer_norm_row;

/* sum = sum(c), squares = sum(c^2) of the row. */
static inline bw_layer_norm_row bw_layer_norm_begin(const bw_layer_norm_params *p, int32_t sum, uint64_t squares) {
    bw_layer_norm_row row = {p->centre ? sum : 0, 0, 0};
    const uint64_t power = squares * (uint32_t)p->depth - (uint64_t)((int64_t)row.total * row.total);
    const uint64_t radicand = (power << (2 * p->half)) + (uint64_t)*p->epsilon;
    int32_t exponent;
    row.root = bw_reciprocal_root(radicand == 0 ? 1 : radicand, &exponent);
    row.shift = 39 - exponent - p->half;
    return row;
}

/* The output of element i of the row, before its clamp. */
static inline int32_t bw_layer_norm_value(const bw_layer_norm_params *p, bw_layer_norm_row row, int32_t i, int32_t x) {
    const int32_t d = p->depth * (x - p->input_zero_point) - row.total;
    const int64_t normal = ((int64_t)d * row.root + (INT64_C(1) << (row.shift - 1))) >> row.shift;
    const int32_t scaled = (int32_t)((normal * p->gain[i] + (INT64_C(1) << 21)) >> 22) + p->bias[i];
    return ((scaled + (INT32_C(1) << (p->fraction - 1))) >> p->fraction) + p->output_zero_point;
}

#endif /* BW_LAYER_NORM_H */
