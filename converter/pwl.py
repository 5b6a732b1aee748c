"""Hyperbolic tangent and logistic function, piecewise linear on int16: the gates of Bitwright's recurrent layers.

The tangent of values that are not negative is a line between every two of its knots, 32 to the unit from 0 to 8, and
constant beyond; the tangent is odd, and the logistic function is half of one more than the tangent of half the value. A
chord of a concave function lies below it; each knot is therefore raised by half of what the chord lacks in its middle,
``h^2 / 16 * |f''|``, which halves the largest error. One rounding, after the interpolation. Exact in numpy int64.

A value with ``i`` integer bits is an int16 in units of ``2^(i - 15)``, results are in units of 2^-15: within
[-32767, 32767], those of the logistic function within [0, 32767].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .fixedpoint import Int64, as_int64

#: Knots to the unit, and the knot from which on the tangent is constant.
_DENSITY, _LAST = 32, 256
#: Results are within so many units of 2^-15 of the real functions: tests try every input.
TANH_ERROR, LOGISTIC_ERROR = 2.5, 1.5


def _knots() -> Int64:
    """The tangent at the knots, and the last one once more, so that a line starts at each."""
    places = np.arange(_LAST + 1) / _DENSITY
    tangent = np.tanh(places)
    lack = tangent * (1 - tangent**2) / (8 * _DENSITY**2)
    values = np.rint(np.clip((tangent + lack) * 2.0**15, 0, 32767))
    return as_int64(np.append(values, values[-1]))


KNOTS = _knots()


def _interpolated(x: Int64, bits: int) -> Int64:
    """The tangent of values in units of ``2^(-5 - bits)``, in units of ``2^(-15 - bits)``."""
    magnitude = np.minimum(np.abs(x), _LAST << bits)
    knot, rest = magnitude >> bits, magnitude & ((1 << bits) - 1)
    return as_int64(np.sign(x) * ((KNOTS[knot] << bits) + (KNOTS[knot + 1] - KNOTS[knot]) * rest))


def tanh(x: ArrayLike, integer_bits: int) -> Int64:
    """tanh of int16 values with 0 to 6 integer bits; rounded to nearest, ties away from zero."""
    bits = 10 - integer_bits
    scaled = _interpolated(as_int64(x), bits)
    return as_int64(np.sign(scaled) * ((np.abs(scaled) + (1 << bits >> 1)) >> bits))


def logistic(x: ArrayLike, integer_bits: int) -> Int64:
    """1 / (1 + exp(-x)) of int16 values with 0 to 6 integer bits; rounded to nearest, ties down."""
    bits = 11 - integer_bits
    scaled = _interpolated(as_int64(x), bits)
    return as_int64(((1 << (15 + bits)) + scaled + ((1 << bits) - 1)) >> (bits + 1))
