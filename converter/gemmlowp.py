"""gemmlowp's fixed-point exponential, reciprocal and inverse square root, exact in numpy int64.

A value with ``i`` integer bits is an int32 in units of ``2^(i - 31)``. Sources of the definitions: gemmlowp
``fixedpoint/fixedpoint.h``, TensorFlow Lite ``kernels/internal/common.h`` (release 2.14).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .fixedpoint import INT32_MAX, Int64, as_int64, rounding_divide_by_pot, saturate32, srdhm

_ONE = INT32_MAX
# exp(-2^k) in Q31 for k = -2 .. 4
_EXP_OF_MINUS_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def multiply_by_pot(x: ArrayLike, exponent: int) -> Int64:
    """``x * 2^exponent``: saturating to the left, rounded (ties away) to the right."""
    if exponent >= 0:
        return saturate32(as_int64(x) << exponent)
    return rounding_divide_by_pot(x, -exponent)


def rounding_half_sum(a: ArrayLike, b: ArrayLike) -> Int64:
    """``(a + b) / 2`` with ties away from zero."""
    total = as_int64(a) + as_int64(b)
    return np.where(total >= 0, (total + 1) >> 1, -((1 - total) >> 1))


def _exp_on_last_quarter(a: Int64) -> Int64:
    """exp of a Q31 value in [-1/4, 0): a Taylor polynomial around -1/8."""
    constant, third = 1895147668, 715827883  # exp(-1/8), 1/3
    x = a + (1 << 28)
    x2 = srdhm(x, x)
    x3, x4 = srdhm(x2, x), srdhm(x2, x2)
    tail = rounding_divide_by_pot(srdhm(rounding_divide_by_pot(x4, 2) + x3, third) + x2, 1)
    return constant + srdhm(constant, x + tail)


def exp_on_negative_values(a: ArrayLike, integer_bits: int) -> Int64:
    """exp of values <= 0 with ``integer_bits`` (at most 5) integer bits, as Q31."""
    value = as_int64(a)
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    reduced = (value & (quarter - 1)) - quarter
    result = _exp_on_last_quarter(multiply_by_pot(reduced, integer_bits))
    remainder = reduced - value
    for power, multiplier in zip(range(-2, 5), _EXP_OF_MINUS_POWERS, strict=True):
        if integer_bits > power:
            bit = (remainder >> (fraction + power)) & 1
            result = np.where(bit == 1, srdhm(result, multiplier), result)
    return np.where(value == 0, _ONE, result)


def one_over_one_plus_x(a: ArrayLike) -> Int64:
    """``1 / (1 + x)`` of a Q31 value in [0, 1), as Q31: three Newton-Raphson steps."""
    half_denominator = rounding_half_sum(a, _ONE)
    x = 1515870810 + srdhm(half_denominator, -1010580540)  # 48/17 and -32/17 with 2 integer bits
    for _ in range(3):
        error = (1 << 29) - srdhm(half_denominator, x)
        x = x + multiply_by_pot(srdhm(x, error), 2)
    return multiply_by_pot(x, 1)


def reciprocal(x: ArrayLike, integer_bits: int) -> tuple[Int64, Int64]:
    """``1 / x`` of positive values below 2^32: Q31 mantissas and the right shifts that complete them."""
    value = as_int64(x)
    headroom = 32 - bit_length(value)
    return one_over_one_plus_x((value << headroom) - (1 << 31)), integer_bits - headroom


def bit_length(x: ArrayLike) -> Int64:
    """Bits of non-negative integers below 2^53, 0 of 0."""
    return as_int64(np.frexp(as_int64(x).astype(np.float64))[1])


def inverse_sqrt(x: int) -> tuple[int, int]:
    """``1 / sqrt(x)`` of a positive int32: a Q31 multiplier and a right shift (a left one below zero).

    Source: TFLite GetInvSqrtQuantizedMultiplierExp. x is scaled by a power of four to [1/4, 1); five Newton-Raphson
    steps from 1 follow, with three integer bits.
    """
    if x == 1:
        return INT32_MAX, 0
    fours = 0
    while x >= 1 << 29:
        x, fours = x // 4, fours + 1
    pairs = (31 - x.bit_length()) // 2 - 1
    half = rounding_divide_by_pot(x << 2 * pairs >> 1, 1)
    root: Int64 = as_int64(1 << 28)
    for _ in range(5):
        cube = multiply_by_pot(srdhm(srdhm(root, root), root), 6)
        root = multiply_by_pot(srdhm(3 << 27, root) - srdhm(half, cube), 3)
    return int(srdhm(root, 1518500250)), 11 + fours - pairs  # sqrt(1/2)
