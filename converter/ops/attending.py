"""The integers of attention: scores to weights to the mean of the values, row by row; docs/arithmetic.md states them.

Of a row's scores ``s`` (int32, in units of ``u`` on a scale of logarithms to base 2) and its largest score ``m``:

    w = 32767 * 2^-(u (m - s))       int16 weights, from a table of 2^-f at 64 places and lines between them
    mean = sum(w v) / sum(w)         one reciprocal a row, ``fraction`` bits of fraction

Weights are not normalized, so that the largest is always exact; one below half a step counts as nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..fixedpoint import Int64, as_int64, quantize_multiplier, requantize_double
from ..gemmlowp import bit_length
from ..ir import Array, DType, Node, Tensor
from .bounds import Bounds, centred, requantized
from .operator import require

#: Keys of a row.
MOST_KEYS = 4096
#: Scores and biases stay below this, so that the difference of two fits int32.
REACH = 2**29
_INDEX_BITS, _LINE_BITS = 6, 10  # of the fraction of an exponent: which line of the table, and where on it
_EXPONENT_BITS = 16  # of the fraction of an exponent
_NOTHING = 17  # right shifts by this much leave nothing of a table's entry
_FINE_UNIT = 2.0**-12  # what biases are rounded to, at most
#: 65534 * 2^-(i / 64): of twice the largest weight.
POWERS: Int64 = as_int64([round(65534 * 2.0 ** (-i / 64)) for i in range(65)])


def _largest(drop: int) -> int:
    return int(POWERS[0]) + (1 << drop - 1) >> drop


@dataclass(frozen=True)
class Weighing:
    """From sums of products to weights.

    Attributes:
        shift: of a sum to a score, to the left if positive.
        limit: a score that is this much below the largest weighs nothing.
        left, multiplier: the exponent is ``((m - s) << left) * multiplier >> 32`` with 16 bits of fraction.
        drop: bits by which table entries are shifted right beside their exponent, at least 1.
        unit: of a score, in logarithms to base 2.
    """

    shift: int
    limit: int
    left: int
    multiplier: int
    drop: int
    unit: float

    @property
    def largest(self) -> int:
        """The weight of the largest score."""
        return _largest(self.drop)


@dataclass(frozen=True)
class Mean:
    """From the weighted sum of values to the output.

    Attributes:
        dtype: of values and output.
        reduce: bits by which sums are shifted right first, rounded half up: 0 for int8.
        fraction: bits of the mean's fraction.
        value_zero_point, multiplier, shift, zero_point: the grids of values and output.
    """

    dtype: DType
    reduce: int
    fraction: int
    value_zero_point: int
    multiplier: int
    shift: int
    zero_point: int


def weighing(node: Node, factor: float, reach: int, bias: float | None, keys: int, dtype: DType) -> Weighing:
    """The constants of rows of up to ``keys`` scores.

    Args:
        factor: real score of a sum of 1.
        reach: largest magnitude of a sum.
        bias: largest magnitude of what is added to scores, real; None where nothing is.
        dtype: of the values: those of int8 are summed in int32, for which many keys leave weights fewer bits.

    Raises:
        UnsupportedError: the factor is not positive and finite, or there are too many keys.
    """
    require(math.isfinite(factor) and factor > 0, node, f"scores of a scale of {factor:g} are not served")
    unit = factor * math.log2(math.e)
    largest = max(reach, 1 if bias is None else bias / factor)
    fits = math.floor(math.log2(REACH / largest))
    shift = min(fits, 0 if bias is None else max(0, math.ceil(math.log2(unit / _FINE_UNIT))))
    unit *= 2.0**-shift
    require(keys <= MOST_KEYS, node, f"rows of {keys} keys are not served; up to {MOST_KEYS} are")
    drop = 1
    while dtype is DType.INT8 and keys * _largest(drop) * 128 >= 2**31:
        drop += 1
    limit = min(math.ceil(min((_NOTHING - drop) / unit, 2.0**31)), 2**31 - 1)
    left = min(32 - limit.bit_length(), 31)
    multiplier = min(round(unit * 2.0 ** (_EXPONENT_BITS + 32 - left)), 2**32 - 1)
    return Weighing(shift, limit, left, multiplier, drop, unit)


def scored(params: Weighing, sums: Int64) -> Int64:
    """Sums of products as scores."""
    return as_int64(sums << params.shift if params.shift >= 0 else sums >> -params.shift)


def weights(params: Weighing, scores: Int64, visible: Array) -> Int64:
    """int16 weights [..., keys] of scores along the last axis; what is not visible weighs nothing."""
    largest = np.where(visible, scores, -(2**31)).max(axis=-1, keepdims=True)
    below = np.where(visible, largest - scores, params.limit)
    counted = below < params.limit
    scaled = np.where(counted, below << params.left, 0).astype(np.uint64)
    exponent = (scaled * np.uint64(params.multiplier) >> np.uint64(32)).astype(np.int64)
    line = exponent >> _LINE_BITS & (1 << _INDEX_BITS) - 1
    along = exponent & (1 << _LINE_BITS) - 1
    entry = POWERS[line] - ((POWERS[line] - POWERS[line + 1]) * along + (1 << _LINE_BITS - 1) >> _LINE_BITS)
    by = (exponent >> _EXPONENT_BITS) + params.drop
    return as_int64(np.where(counted, entry + (np.int64(1) << by - 1) >> by, 0))


def reciprocal(total: Int64) -> tuple[Int64, Int64]:
    """``(r, zeros)`` with ``1 / total = r * 2^(zeros - 61)`` of totals in [1, 2^32): a division and one of Newton's
    steps. r lies in [2^29, 2^30]; its relative error is below 2^-28."""
    zeros = 32 - bit_length(total)
    scaled = (total << zeros).astype(np.uint64)
    c = np.uint64
    rough = (c(0xFFFFFFFF) // (scaled >> c(16))) << c(13)
    product = scaled * rough >> c(32)
    return (rough * (c(1 << 30) - product) >> c(29)).astype(np.int64), as_int64(zeros)


def mean(node: Node, source: Tensor, target: Tensor, most: int) -> Mean:
    """The constants for values of ``source`` and weights that add up to ``most`` at the most.

    Raises:
        AccumulatorOverflowError: a mean on the output's grid could leave int32.
    """
    wide = source.dtype is DType.INT16
    fraction = 14 if wide else 22
    reduce = max(0, (most << 15).bit_length() - 31) if wide else 0
    multiplier, shift = quantize_multiplier(source.scale / target.scale * 2.0**-fraction)
    bounds = centred(source)
    # One more for what the reciprocal and the sums' reduction round up.
    reach = Bounds((bounds.low - 1) << fraction, (bounds.high + 1) << fraction)
    requantized(node, reach, multiplier, shift, target.zero_point)
    return Mean(source.dtype, reduce, fraction, source.zero_point, multiplier, shift, target.zero_point)


def averaged(params: Mean, sums: Int64, total: Int64) -> Array:
    """The outputs [..., depth] from weighted sums of values [..., depth] and sums of weights [...]."""
    factor, zeros = reciprocal(total[..., None])
    reduced = sums + ((1 << params.reduce) >> 1) >> params.reduce
    by = 61 - params.fraction - params.reduce - zeros
    values = reduced * factor + (np.int64(1) << by - 1) >> by
    values = values - (params.value_zero_point << params.fraction)
    result = requantize_double(values, params.multiplier, params.shift) + params.zero_point
    return np.clip(result, *params.dtype.limits).astype(params.dtype.numpy)
