/* exp, and functions that follow from it, by products, sums and quotients of float32 alone, in this very order.
 *
 * Coefficients of exp and tanh: S. L. Moshier, Cephes (expf, tanhf); of the error function: Abramowitz and
 * Stegun 7.1.26.
 */
#ifndef BW_FUNCTIONS_REAL_H
#define BW_FUNCTIONS_REAL_H

#include "bw_real.h"

enum { BW_REAL_IDENTITY, BW_REAL_LOGISTIC, BW_REAL_TANH, BW_REAL_SILU, BW_REAL_GELU, BW_REAL_GELU_TANH, BW_REAL_EXP };

static inline float bw_abs_real(float x) { return bw_of_bits(bw_bits(x) & 0x7FFFFFFFU); }

/* e^x of x clamped to [-87, 88]: 2^n * p(r) with r = x - n ln 2; relative error below 2^-22. */
static inline float bw_exp_real(float x) {
    x = bw_clamp(x, -87.0f, 88.0f);
    const int32_t n = bw_whole(x * 1.44269504088896341f);
    const float real = (float)n;
    const float r = (x - real * 0.693359375f) - real * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = ((p * (r * r)) + r) + 1.0f;
    return p * bw_of_bits((uint32_t)(n + 127) << 23);
}

static inline float bw_logistic_real(float x) {
    const float small = bw_exp_real(-bw_abs_real(x));
    return (x < 0.0f ? small : 1.0f) / (1.0f + small);
}

static inline float bw_tanh_real(float x) {
    const float size = bw_abs_real(x);
    if (size < 0.625f) {
        const float square = x * x;
        float p = -5.70498872745e-3f;
        p = p * square + 2.06390887954e-2f;
        p = p * square + -5.37397155531e-2f;
        p = p * square + 1.33314422036e-1f;
        p = p * square + -3.33332819422e-1f;
        return ((p * square) * x) + x;
    }
    const float small = bw_exp_real(-2.0f * size);
    const float far = (1.0f - small) / (1.0f + small);
    return x < 0.0f ? -far : far;
}

/* x * Phi(x). */
static inline float bw_gelu_real(float x) {
    const float z = bw_abs_real(x) * 0.70710678118654752f;
    const float t = 1.0f / (1.0f + 0.3275911f * z);
    float p = 1.061405429f;
    p = p * t + -1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t + -0.284496736f;
    p = p * t + 0.254829592f;
    const float tail = 0.5f * ((p * t) * bw_exp_real(-(z * z)));
    return x * (x < 0.0f ? tail : 1.0f - tail);
}

static inline float bw_gelu_tanh_real(float x) {
    const float inner = 0.79788456080286536f * (x + ((0.044715f * x) * x) * x);
    return (0.5f * x) * (1.0f + bw_tanh_real(inner));
}

static inline float bw_function_real(int32_t function, float x) {
    switch (function) {
    case BW_REAL_LOGISTIC:
        return bw_logistic_real(x);
    case BW_REAL_TANH:
        return bw_tanh_real(x);
    case BW_REAL_SILU:
        return x * bw_logistic_real(x);
    case BW_REAL_GELU:
        return bw_gelu_real(x);
    case BW_REAL_GELU_TANH:
        return bw_gelu_tanh_real(x);
    case BW_REAL_EXP:
        return bw_exp_real(x);
    default:
        return x;
    }
}

#endif /* BW_FUNCTIONS_REAL_H */
