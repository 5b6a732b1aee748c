/* What the kernels of token-wise quantization share; bit for bit converter/ops/token_wise.py.
 *
 * A row x of int16 becomes q of int8 and a scale m in 1..16513 with x ~ q * m / 64: m is the row's largest magnitude,
 * times 64 / 127 and rounded up; q is rounded to nearest and lies in [-127, 127].
 */
#ifndef BW_TOKENS_H
#define BW_TOKENS_H

#include "bw_fixedpoint.h"

/* The scale of a row whose largest magnitude, 0..32768, is given. */
static inline int32_t bw_token_scale(int32_t largest) {
    const int32_t scale = (largest * 64 + 126) / 127;
    return scale > 0 ? scale : 1;
}

/* q = (x * reciprocal + 2^22) >> 23: |x * reciprocal| is at most 127 * 2^23. */
static inline int32_t bw_token_reciprocal(int32_t scale) { return (INT32_C(1) << 29) / scale; }

static inline int8_t bw_token_value(int32_t x, int32_t reciprocal) {
    return (int8_t)((x * reciprocal + (INT32_C(1) << 22)) >> 23);
}

/* Largest magnitude of a run of int16, and of `largest`. */
static inline int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t magnitude = x[i] < 0 ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

/* A fully connected layer whose rows of int8 give int8 or int16. */
typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;     /* [units][depth] */
    const int64_t *bias;       /* [units] */
    const int32_t *multiplier; /* [units], of 16 bits */
    const int8_t *shift;       /* [units], > 0 is left */
    int32_t output_bytes;      /* 1 or 2 */
    int32_t output_zero_point;
    int32_t low, high;
} bw_token_layer;

/* Requantize the sum of a unit, bias included, to the unit's place in the row that begins at output[at]. */
static inline void bw_token_store(const bw_token_layer *p, int32_t unit, int64_t sum, void *output, int32_t at) {
    int32_t value = bw_requantize_wide(sum, p->multiplier[unit], p->shift[unit]);
    value = bw_clamp(value + p->output_zero_point, p->low, p->high);
    if (p->output_bytes == 1) {
        ((int8_t *)output)[at + unit] = (int8_t)value;
    } else {
        ((int16_t *)output)[at + unit] = (int16_t)value;
    }
}

#endif /* BW_TOKENS_H */
