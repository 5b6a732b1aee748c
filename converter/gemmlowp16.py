"""gemmlowp's fixed point on int16: the exponential, logistic and hyperbolic tangent of TensorFlow Lite's integer LSTM.

A value with ``i`` integer bits is an int16 in units of ``2^(i - 15)``; results have none. Exact in numpy int64. Source
of the definitions: gemmlowp ``fixedpoint/fixedpoint.h``, whose constants are those of int32, rounded to 16 bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .fixedpoint import Int64, as_int64, rounding_divide_by_pot
from .gemmlowp import rounding_half_sum

_MAX, _MIN = 32767, -32768


def _constant(q31: int) -> int:
    return int(rounding_divide_by_pot(q31, 16))


# exp(-2^k) for k = -2 .. 4
_EXP_OF_MINUS_POWERS = tuple(map(_constant, (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)))
_EXP_OF_MINUS_EIGHTH, _THIRD = _constant(1895147668), _constant(715827883)
_48_OVER_17, _MINUS_32_OVER_17 = _constant(1515870810), _constant(-1010580540)  # with two integer bits


def _saturate(x: Int64) -> Int64:
    return np.clip(x, _MIN, _MAX)


def _multiply(a: ArrayLike, b: ArrayLike) -> Int64:
    """``floor((a * b + 2^14) / 2^15)``, saturated: SaturatingRoundingDoublingHighMul."""
    return np.minimum((as_int64(a) * as_int64(b) + (1 << 14)) >> 15, _MAX)


def _times_pot(x: Int64, exponent: int) -> Int64:
    return _saturate(x << exponent) if exponent >= 0 else rounding_divide_by_pot(x, -exponent)


def exp_on_negative_values(a: Int64, integer_bits: int) -> Int64:
    """exp of values <= 0."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2) if fraction >= 2 else 0
    reduced = (a & (quarter - 1)) - quarter
    x = _times_pot(reduced, integer_bits) + (1 << 12)
    x2 = _multiply(x, x)
    x3, x4 = _multiply(x2, x), _multiply(x2, x2)
    tail = rounding_divide_by_pot(_multiply(rounding_divide_by_pot(x4, 2) + x3, _THIRD) + x2, 1)
    result = _saturate(_EXP_OF_MINUS_EIGHTH + _multiply(_EXP_OF_MINUS_EIGHTH, x + tail))
    remainder = reduced - a
    for power, multiplier in zip(range(-2, 5), _EXP_OF_MINUS_POWERS, strict=True):
        if integer_bits > power:
            bit = (remainder >> (fraction + power)) & 1
            result = np.where(bit == 1, _multiply(result, multiplier), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (20 - integer_bits)), 0, result)
    return np.where(a == 0, _MAX, result)


def _newton(a: Int64) -> Int64:
    """``2 / (1 + a)`` with two integer bits."""
    half_denominator = rounding_half_sum(a, _MAX)
    x = _48_OVER_17 + _multiply(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = (1 << 13) - _multiply(half_denominator, x)
        x = x + _times_pot(_multiply(x, error), 2)
    return x


def logistic(a: ArrayLike, integer_bits: int) -> Int64:
    """1 / (1 + exp(-a)) of int16 values."""
    x = as_int64(a)
    positive = _times_pot(_newton(exp_on_negative_values(-np.abs(x), integer_bits)), 1)
    return np.where(x == 0, 1 << 14, np.where(x > 0, positive, _MAX - positive))


def tanh(a: ArrayLike, integer_bits: int) -> Int64:
    """tanh of int16 values."""
    x = as_int64(a)
    value = _times_pot(_newton(exp_on_negative_values(-np.abs(x), integer_bits + 1)) - (1 << 13), 2)
    return np.where(x == 0, 0, np.where(x > 0, value, -value))
