/* Portable logistic and hyperbolic tangent. */
#include "bw_gates_s16.h"

#include "bw_fixedpoint.h"

static int32_t saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* floor((a * b + 2^14) / 2^15): products of values without integer bits, of which no two here are -2^15. */
static int32_t multiply(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

/* exp of a value in [-1/4, 0): a Taylor polynomial around -1/8. */
static int32_t exp_on_last_quarter(int32_t a) {
    const int32_t exp_of_minus_eighth = 28918, third = 10923;
    const int32_t x = a + (1 << 12);
    const int32_t x2 = multiply(x, x), x3 = multiply(x2, x), x4 = multiply(x2, x2);
    /* Both divisions round what is not negative. */
    const int32_t tail = (multiply(((x4 + 2) >> 2) + x3, third) + x2 + 1) >> 1;
    return saturate(exp_of_minus_eighth + multiply(exp_of_minus_eighth, x + tail));
}

/* exp of a value <= 0: of its last quarter, times exp(-2^k) for every further bit of it. */
static int32_t exp_on_negative_values(int32_t a, int32_t integer_bits) {
    static const int16_t exp_of_minus_powers[7] = {25520, 19875, 12055, 4435, 600, 11, 0}; /* k = -2 to 4 */
    const int32_t fraction = 15 - integer_bits, quarter = 1 << (fraction - 2);
    const int32_t reduced = (a & (quarter - 1)) - quarter, remainder = reduced - a;
    if (a == 0) {
        return INT16_MAX;
    }
    if (integer_bits > 5 && a < -(1 << (20 - integer_bits))) {
        return 0;
    }
    int32_t result = exp_on_last_quarter(saturate(bw_shl32(reduced, integer_bits)));
    const int16_t *factor = exp_of_minus_powers;
    for (int32_t quarters = remainder >> (fraction - 2); quarters != 0; quarters >>= 1, ++factor) {
        if (quarters & 1) {
            result = multiply(result, *factor);
        }
    }
    return result;
}

/* 2 / (1 + a) of a in [0, 1), with two integer bits: three Newton-Raphson steps. */
static int32_t two_over_one_plus(int32_t a) {
    const int32_t half_denominator = (a + INT16_MAX + 1) >> 1;
    int32_t x = 23130 + multiply(half_denominator, -15420); /* 48/17 - 32/17 * d */
    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = (1 << 13) - multiply(half_denominator, x);
        x += saturate(bw_shl32(multiply(x, error), 2));
    }
    return x;
}

int32_t bw_logistic_s16(int32_t x, int32_t integer_bits) {
    if (x == 0) {
        return 1 << 14;
    }
    const int32_t value = saturate(2 * two_over_one_plus(exp_on_negative_values(x < 0 ? x : -x, integer_bits)));
    return x > 0 ? value : INT16_MAX - value;
}

int32_t bw_tanh_s16(int32_t x, int32_t integer_bits) {
    if (x == 0) {
        return 0;
    }
    const int32_t half = two_over_one_plus(exp_on_negative_values(x < 0 ? x : -x, integer_bits + 1)) - (1 << 13);
    const int32_t value = saturate(bw_shl32(half, 2));
    return x > 0 ? value : -value;
}
