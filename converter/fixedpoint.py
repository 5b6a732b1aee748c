"""The arithmetic contract: every rounding policy, once, in exact numpy.

All functions take and return int64 arrays that hold int32 values (int64 where stated), so that no
intermediate wraps unless the definition says so. The C twins are in ``firmware/kernels/bw_fixedpoint.h``.

Sources: gemmlowp ``fixedpoint.h`` and TensorFlow Lite ``kernels/internal/common.h`` and
``quantization_util.cc`` (release 2.14), whose observable behaviour is defined here anew.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError
from .ir import Rounding

Int64 = NDArray[np.int64]

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1


def as_int64(values: ArrayLike) -> Int64:
    """The values as an int64 array."""
    return np.asarray(values, dtype=np.int64)


def wrap32(values: ArrayLike) -> Int64:
    """Two's-complement wrap to int32."""
    return as_int64(as_int64(values).astype(np.uint32).view(np.int32) if np.ndim(values) else _wrap_scalar(values))


def _wrap_scalar(value: ArrayLike) -> int:
    number = int(np.asarray(value))
    return (number + 2**31) % 2**32 - 2**31


def saturate32(values: ArrayLike) -> Int64:
    """Clamp to int32."""
    return np.clip(as_int64(values), INT32_MIN, INT32_MAX)


def srdhm(a: ArrayLike, b: ArrayLike) -> Int64:
    """Saturating rounding doubling high multiply of int32 values.

    ``floor((a * b + 2^30) / 2^31)``, INT32_MAX where both are INT32_MIN; equal to gemmlowp's
    SaturatingRoundingDoublingHighMul (its sign-dependent nudge followed by a truncating division).
    """
    product = as_int64(a) * as_int64(b)
    return np.minimum((product + (1 << 30)) >> 31, INT32_MAX)


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> Int64:
    """``x / 2^exponent`` rounded to nearest, ties away from zero (gemmlowp RoundingDivideByPOT)."""
    value, shift = as_int64(x), as_int64(exponent)
    mask = (np.int64(1) << shift) - 1
    threshold = (mask >> 1) + (value < 0)
    return (value >> shift) + ((value & mask) > threshold)


def requantize_double(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Policy DOUBLE: ``x * multiplier * 2^(shift - 31)`` with two roundings (MultiplyByQuantizedMultiplier).

    A left shift wraps to int32 as the runtime's does; callers prove that it cannot.
    """
    shift = as_int64(shift)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    shifted = as_int64(x) << left
    shifted = (shifted + 2**31) % 2**32 - 2**31
    return rounding_divide_by_pot(srdhm(shifted, multiplier), right)


def requantize_single(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Policy SINGLE: one round-half-up of the 64-bit product, ``(x * m + 2^(30 - shift)) >> (31 - shift)``."""
    total = 31 - as_int64(shift)
    return as_int64((as_int64(x) * as_int64(multiplier) + (np.int64(1) << (total - 1))) >> total)


def requantize_floor(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike, offset: ArrayLike = 0) -> Int64:
    """Policy FLOOR: ``(m * x + offset) >> shift``, as PULP-NN's and CMix-NN's channel normalization."""
    return (as_int64(x) * as_int64(multiplier) + as_int64(offset)) >> as_int64(shift)


def requantize_pow2(x: ArrayLike, shift: ArrayLike) -> Int64:
    """Policy POW2: ``(x + 2^(shift - 1)) >> shift`` (no rounding term at shift 0), as CMSIS-NN's q7 kernels."""
    amount = as_int64(shift)
    return (as_int64(x) + ((np.int64(1) << amount) >> 1)) >> amount


def requantize_high(x: ArrayLike, multiplier: ArrayLike, left: int, right: int) -> Int64:
    """Policy HIGH: ``x * multiplier * 2^(left - right - 32)``, the high word rounded down, then a shift, half up.

    One instruction for the product on most cores. ``x << left`` fits int32, right is 1 to 30.
    """
    high = ((as_int64(x) << left) * as_int64(multiplier)) >> 32
    return as_int64((high + (1 << (right - 1))) >> right)


def high_multipliers(real: ArrayLike, bound: int) -> tuple[Int64, int, int]:
    """Multipliers below 2^31 in magnitude, left and right shift for :func:`requantize_high` of values within ``bound``.

    The values fill int32 before, and the largest multiplier its 31 bits, so that results are within
    1/2 + 2^(1 - right) of the real ones. The right shift is below 1, which is not served, only where results can reach
    2^26.

    Raises:
        ModelError: a multiplier is infinite or NaN.
    """
    values = np.asarray(real, np.float64)
    if not np.isfinite(values).all():
        raise ModelError("a requantization multiplier that is infinite or NaN cannot be represented")
    left = 31 - max(bound, 1).bit_length()
    exponent = max(int(np.frexp(np.abs(values).max())[1]), left - 31)
    multiplier = round_ties_away(values * 2.0 ** (31 - exponent)).astype(np.int64)
    return np.clip(multiplier, -INT32_MAX, INT32_MAX), left, left - exponent - 1


def requantize_wide(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Policy WIDE: int64 accumulators of 16x8 models, the multiplier reduced to 16 bits.

    ``(x * m16 + 2^(14 - shift)) >> (15 - shift)`` with ``m16 = (m + 2^15) >> 16``, 0x7FFF where that overflows
    (MultiplyByQuantizedMultiplier for int64_t).
    """
    multiplier = as_int64(multiplier)
    reduced = np.where(multiplier < 0x7FFF0000, (multiplier + (1 << 15)) >> 16, 0x7FFF)
    total = 15 - as_int64(shift)
    return as_int64((as_int64(x) * reduced + (np.int64(1) << (total - 1))) >> total)


def requantize(policy: Rounding, x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Requantize accumulators under a named policy (``shift`` > 0 is a left shift except for FLOOR and POW2)."""
    if policy is Rounding.DOUBLE:
        return requantize_double(x, multiplier, shift)
    if policy is Rounding.SINGLE:
        return requantize_single(x, multiplier, shift)
    if policy is Rounding.WIDE:
        return requantize_wide(x, multiplier, shift)
    if policy is Rounding.FLOOR:
        return requantize_floor(x, multiplier, shift)
    return requantize_pow2(x, shift)


def round_half_away(value: float) -> int:
    """C's ``round``: to nearest, ties away from zero."""
    magnitude = abs(value)
    whole = math.floor(magnitude)
    # The difference is exact, where adding one half would round 0.5 - 2^-54 up.
    whole += magnitude - whole >= 0.5
    return whole if value >= 0 else -whole


def quantize_multiplier(real: float) -> tuple[int, int]:
    """A real multiplier as Q31 ``multiplier`` and ``shift``: ``real = multiplier * 2^(shift - 31)``.

    The magnitude of ``multiplier`` is 0 or lies in [2^30, 2^31); ``shift`` > 0 is a left shift (TFLite
    QuantizeMultiplier). Magnitudes below 2^-32 become 0; those beyond a left shift of 30 become the largest one, which
    no range proof lets pass.

    Raises:
        ModelError: the multiplier is infinite or NaN.
    """
    multiplier, shift = quantize_multipliers(real)
    return int(multiplier[0]), int(shift[0])


def quantize_multipliers(real: ArrayLike) -> tuple[Int64, Int64]:
    """:func:`quantize_multiplier` for each element: int64 arrays of multipliers and shifts."""
    values = np.ravel(np.asarray(real, dtype=np.float64))
    wrong = values[~np.isfinite(values)]
    if wrong.size:
        raise ModelError(f"a requantization multiplier of {wrong[0]} cannot be represented")
    fraction, exponent = np.frexp(np.abs(values))
    magnitude = as_int64(round_ties_away(fraction * 2.0**31).astype(np.int64))
    full = magnitude == 2**31
    magnitude, shift = np.where(full, 2**30, magnitude), as_int64(exponent) + full
    magnitude = np.where(shift < -31, 0, np.where(shift > 30, INT32_MAX, magnitude))
    return np.where(values < 0, -magnitude, magnitude), np.where(magnitude == 0, 0, np.minimum(shift, 30))


def isqrt(values: Int64) -> Int64:
    """Exact floor of the square root of int64 values below 2^62 that are not negative."""
    root = as_int64(np.sqrt(values.astype(np.float64)).astype(np.int64))
    root -= root * root > values
    return root + ((root + 1) * (root + 1) <= values)


def power_of_two(scale: float) -> int | None:
    """The exponent of a scale that TFLite takes for a power of two: within 0.001 of one, in float32 (CheckedLog2)."""
    exponent = np.log(np.float32(scale)) * (np.float32(1) / np.log(np.float32(2)))
    nearest = np.rint(exponent)
    return int(nearest) if abs(exponent - nearest) < np.float32(1e-3) else None


def round_ties_away(values: NDArray[Any]) -> NDArray[Any]:
    """C's ``round`` of float arrays: to nearest, ties away from zero, exact also where adding one half is not."""
    whole = np.trunc(values)
    return np.where(np.abs(values - whole) < 0.5, whole, whole + np.sign(values))


def affine_quantize(real: ArrayLike, scale: float, zero_point: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Float values to integers as TFLite's reference QUANTIZE: ``round(x / scale) + zero_point``, ties away."""
    limits = np.iinfo(dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves float32 saturates below
        rounded = round_ties_away(np.asarray(real).astype(np.float32) / np.float32(scale))
    return np.clip(rounded.astype(np.float64) + zero_point, limits.min, limits.max).astype(dtype)
