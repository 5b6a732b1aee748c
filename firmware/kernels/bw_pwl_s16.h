/* Hyperbolic tangent and logistic function of int16, piecewise linear, as converter/pwl.py defines them.
 *
 * Values have `integer_bits` integer bits, 0 to 6: they count in units of 2^(integer_bits - 15); results in units of
 * 2^-15, within 2.5 (tangent) and 1.5 (logistic function) of them of the real functions. Cost: about 15 instructions a
 * value on a Cortex-M4, and 516 bytes of table.
 */
#ifndef BW_PWL_S16_H
#define BW_PWL_S16_H

#include <stdint.h>

enum { BW_PWL_LAST = 256 }; /* the knot from which on the tangent is constant: there are 32 to the unit */

/* The tangent at the knots in units of 2^-15, raised so that the largest error is least; the last one twice. */
extern const int16_t bw_pwl_knots_s16[BW_PWL_LAST + 2];

/* The tangent of a value >= 0 in units of 2^(-5 - bits), in units of 2^(-15 - bits). */
static inline int32_t bw_pwl(int32_t magnitude, int32_t bits) {
    const int32_t most = BW_PWL_LAST << bits, x = magnitude < most ? magnitude : most;
    const int16_t *const line = bw_pwl_knots_s16 + (x >> bits);
    return (line[0] << bits) + (line[1] - line[0]) * (x & ((1 << bits) - 1));
}

static inline int32_t bw_tanh_pwl(int32_t x, int32_t integer_bits) {
    const int32_t bits = 10 - integer_bits;
    const int32_t value = (bw_pwl(x < 0 ? -x : x, bits) + (1 << bits >> 1)) >> bits;
    return x < 0 ? -value : value;
}

static inline int32_t bw_logistic_pwl(int32_t x, int32_t integer_bits) {
    const int32_t bits = 11 - integer_bits, one = (1 << (15 + bits)) + (1 << bits) - 1;
    const int32_t tangent = bw_pwl(x < 0 ? -x : x, bits);
    return (x < 0 ? one - tangent : one + tangent) >> (bits + 1);
}

#endif /* BW_PWL_S16_H */
