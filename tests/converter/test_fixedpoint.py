"""Every rounding policy against its definition in unbounded integers and against its C twin; the converter's roundings;
gemmlowp's functions against real arithmetic."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.kernels.generic.wide import multiplier16
from bitwright.converter import fixedpoint as fp
from bitwright.converter.gemmlowp import exp_on_negative_values, inverse_sqrt, one_over_one_plus_x, reciprocal
from bitwright.converter.ir import Rounding
from bitwright.errors import ModelError
from cbuild import library
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

KERNELS = Path(fp.__file__).parents[1] / "firmware" / "kernels"
MIN, MAX = fp.INT32_MIN, fp.INT32_MAX
Int64 = NDArray[np.int64]

#: int32 values around every power of two, both ends, and what random draws add.
EDGES = np.unique(
    np.concatenate(
        [np.clip(sign * 2 ** np.arange(32)[:, None] + np.arange(-1, 2), MIN, MAX).reshape(-1) for sign in (-1, 1)]
        + [np.random.default_rng(0).integers(MIN, MAX, 60, endpoint=True)]
    )
)
MULTIPLIERS = np.array([0, 1, 2**30, 2**30 + 1, 1518500250, 0x7FFEFFFF, 0x7FFF0000, MAX - 1, MAX])

SOURCE = """
#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#define EACH(name, value) \\
    void name(int32_t n, const int64_t *x, const int32_t *m, const int32_t *s, int32_t *y) { \\
        for (int32_t i = 0; i < n; ++i) { y[i] = value; } \\
    }
EACH(srdhm, ((void)s, bw_srdhm((int32_t)x[i], m[i])))
EACH(divide_by_pot, ((void)m, bw_divide_by_pot((int32_t)x[i], s[i])))
EACH(requantize_double, bw_requantize_double((int32_t)x[i], m[i], s[i]))
EACH(requantize_single, bw_requantize_single((int32_t)x[i], m[i], s[i]))
EACH(requantize_floor, bw_requantize_floor((int32_t)x[i], m[i], s[i], INT64_C(12345)))
EACH(requantize_pow2, ((void)m, bw_requantize_pow2((int32_t)x[i], s[i])))
EACH(requantize_wide, bw_requantize_wide(x[i], m[i], s[i]))
EACH(requantize_high, bw_requantize_high((int32_t)x[i], m[i], s[i] / 32, s[i] % 32))
EACH(requantize_dsp, bw_requantize_dsp((int32_t)x[i], m[i], s[i]))
"""


@pytest.fixture(scope="module")
def twins() -> Callable[[str, Int64, Int64, Int64], Int64]:
    """``twins(function, x, m, s)``: the C twin of a function on arrays."""
    compiled = library(SOURCE, [KERNELS / "bw_dsp.h", KERNELS / "bw_fixedpoint.h"])

    def call(function: str, x: Int64, m: Int64, s: Int64) -> Int64:
        columns = [np.ascontiguousarray(column) for column in np.broadcast_arrays(x, m, s)]
        types = (np.int64, np.int32, np.int32, np.int32)
        arrays = [column.astype(kind) for column, kind in zip([*columns, columns[0]], types, strict=True)]
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
        getattr(compiled, function)(ctypes.c_int32(columns[0].size), *pointers)
        return arrays[3].astype(np.int64)

    return call


def grid(*axes: Sequence[int] | Int64) -> list[Int64]:
    """Every combination, as flat int64 columns."""
    return [column.reshape(-1) for column in np.meshgrid(*[np.asarray(axis, np.int64) for axis in axes], indexing="ij")]


def slowly(function: Callable[..., int], *columns: Int64) -> Int64:
    """The function of Python integers, element by element."""
    return np.array([function(*row) for row in zip(*[c.tolist() for c in columns], strict=True)], np.int64)


# -- the definitions, in unbounded integers ------------------------------------------------------------------------


def half_away(value: Fraction) -> int:
    """To nearest, ties away from zero."""
    nearest = math.floor(abs(value) + Fraction(1, 2))
    return nearest if value >= 0 else -nearest


def half_up(value: Fraction) -> int:
    """To nearest, ties towards positive infinity."""
    return math.floor(value + Fraction(1, 2))


def slow_srdhm(a: int, b: int) -> int:
    """gemmlowp's text: saturate the one overflow, add a nudge of the product's sign, divide towards zero."""
    if a == b == MIN:
        return MAX
    product = a * b
    nudged = product + (2**30 if product >= 0 else 1 - 2**30)
    return nudged // 2**31 if nudged >= 0 else -(-nudged // 2**31)


def slow_divide(x: int, exponent: int) -> int:
    return half_away(Fraction(x, 2**exponent))


def slow_double(x: int, m: int, s: int) -> int:
    return slow_divide(slow_srdhm(x * 2 ** max(s, 0), m), max(-s, 0))


def slow_single(x: int, m: int, s: int) -> int:
    return half_up(Fraction(x * m, 2 ** (31 - s)))


def slow_floor(x: int, m: int, s: int) -> int:
    return math.floor(Fraction(x * m + 12345, 2**s))


def slow_pow2(x: int, s: int) -> int:
    return half_up(Fraction(x, 2**s))


def slow_wide(x: int, m: int, s: int) -> int:
    reduced = min(half_up(Fraction(m, 2**16)), 0x7FFF)
    return half_up(Fraction(x * reduced, 2 ** (15 - s)))


def slow_high(x: int, m: int, left: int, right: int) -> int:
    return half_up(Fraction(math.floor(Fraction(x * 2**left * m, 2**32)), 2**right))


def inside(*columns: Int64, of: Callable[..., Any]) -> list[Int64]:
    """The rows for which a predicate of arrays holds."""
    kept = of(*columns)
    return [column[kept] for column in columns]


Twins = Callable[[str, Int64, Int64, Int64], Int64]


def test_srdhm(twins: Twins) -> None:
    a, b = grid(EDGES, np.concatenate([EDGES, MULTIPLIERS]))
    expected = slowly(slow_srdhm, a, b)
    assert np.array_equal(fp.srdhm(a, b), expected)
    assert np.array_equal(twins("srdhm", a, b, a), expected)


def test_divide_by_pot(twins: Twins) -> None:
    """Every exponent from 0 to 31, on ties and their neighbours."""
    exponents = np.arange(32)
    ties = np.array([k * 2**e // 2 + d for e in range(1, 31) for k in (-3, -1, 1, 3) for d in (-1, 0, 1)])
    x, e = grid(np.concatenate([EDGES, ties[np.abs(ties) < 2**31]]), exponents)
    expected = slowly(slow_divide, x, e)
    assert np.array_equal(fp.rounding_divide_by_pot(x, e), expected)
    assert np.array_equal(twins("divide_by_pot", x, x, e), expected)


def test_double(twins: Twins) -> None:
    """Shifts from -31 to 30 where the left shift fits, with negative multipliers."""
    x, m, s = inside(
        *grid(EDGES, np.concatenate([MULTIPLIERS, -MULTIPLIERS]), np.arange(-31, 31)),
        of=lambda x, _m, s: (np.abs(x) << np.maximum(s, 0)) <= MAX,
    )
    expected = slowly(slow_double, x, m, s)
    assert np.array_equal(fp.requantize(Rounding.DOUBLE, x, m, s), expected)
    assert np.array_equal(twins("requantize_double", x, m, s), expected)


def test_double_wraps_where_no_proof_was_made(twins: Twins) -> None:
    """As the runtime does; neither side has undefined behaviour."""
    x, m, s = grid(EDGES, MULTIPLIERS, [1, 2, 15, 30])
    assert np.array_equal(fp.requantize_double(x, m, s), twins("requantize_double", x, m, s))


def test_single(twins: Twins) -> None:
    x, m, s = grid(EDGES, MULTIPLIERS, np.arange(-31, 31))
    expected = slowly(slow_single, x, m, s)
    assert np.array_equal(fp.requantize(Rounding.SINGLE, x, m, s), expected)
    x, m, s, expected = inside(x, m, s, expected, of=lambda _x, _m, _s, y: np.abs(y) <= MAX)
    assert np.array_equal(twins("requantize_single", x, m, s), expected)


def test_floor(twins: Twins) -> None:
    x, m, s = grid(EDGES, [1, 3, 255, 65535, 2**30, MAX], np.arange(63))
    expected = slowly(slow_floor, x, m, s)
    assert np.array_equal(fp.requantize_floor(x, m, s, 12345), expected)
    x, m, s, expected = inside(x, m, s, expected, of=lambda _x, _m, _s, y: np.abs(y) <= MAX)
    assert np.array_equal(twins("requantize_floor", x, m, s), expected)


def test_pow2(twins: Twins) -> None:
    x, s = grid(EDGES, np.arange(32))
    expected = slowly(slow_pow2, x, s)
    assert np.array_equal(fp.requantize(Rounding.POW2, x, 0, s), expected)
    assert np.array_equal(twins("requantize_pow2", x, x, s), expected)


def test_wide(twins: Twins) -> None:
    """48-bit accumulators."""
    wide = np.unique(np.clip(np.concatenate([EDGES, EDGES << 8, EDGES << 16]), -(2**47), 2**47 - 1))
    x, m, s = grid(wide, MULTIPLIERS, np.arange(-31, 15))
    expected = slowly(slow_wide, x, m, s)
    assert np.array_equal(fp.requantize(Rounding.WIDE, x, m, s), expected)
    x, m, s, expected = inside(x, m, s, expected, of=lambda _x, _m, _s, y: np.abs(y) <= MAX)
    reduced = np.vectorize(multiplier16)(m)
    assert np.array_equal(twins("requantize_wide", x, reduced, s), expected)


def test_six_instructions_are_double(twins: Twins) -> None:
    """bw_requantize_dsp over its range: |acc| < 2^30, any multiplier, shifts right of 1 to 31."""
    generator = np.random.default_rng(1)
    accumulators = np.concatenate([EDGES, generator.integers(-(2**30) + 1, 2**30, 500), [2**30 - 1, 1 - 2**30]])
    multipliers = np.concatenate([MULTIPLIERS, generator.integers(2**30, 2**31, 40)])
    x, m, right = inside(*grid(accumulators, multipliers, np.arange(1, 32)), of=lambda x, _m, _s: np.abs(x) < 2**30)
    assert np.array_equal(twins("requantize_dsp", x, m, right), fp.requantize_double(x, m, -right))


int32s = st.integers(MIN, MAX)


@given(int32s, st.integers(1 - 2**31, MAX), st.integers(-31, 30))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_scalars_follow_the_definitions(x: int, m: int, s: int) -> None:
    assert int(fp.srdhm(x, m)) == slow_srdhm(x, m)
    assert int(fp.requantize_single(x, m, s)) == slow_single(x, m, s)
    assert int(fp.wrap32(x * 4)) == (x * 4 + 2**31) % 2**32 - 2**31
    if abs(x) << max(s, 0) <= MAX:
        assert int(fp.requantize_double(x, m, s)) == slow_double(x, m, s)


# -- from reals to integers ----------------------------------------------------------------------------------------


@given(st.floats(-(2.0**40), 2.0**40))
@example(math.nextafter(0.5, 0))
@example(-math.nextafter(0.5, 0))
@example(2.0**52 + 1)
@example(-2.5)
@settings(deadline=None, derandomize=True)
def test_round_half_away(value: float) -> None:
    assert fp.round_half_away(value) == half_away(Fraction(value))
    assert fp.round_ties_away(np.array([value]))[0] == half_away(Fraction(value))


@given(st.floats(0, 2.0**40, width=32))
@example(float(np.nextafter(np.float32(0.5), np.float32(0))))
@example(float(2**23 + 1))
@settings(deadline=None, derandomize=True)
def test_round_ties_away_of_float32(value: float) -> None:
    assert fp.round_ties_away(np.array([value, -value], np.float32)).tolist() == [
        half_away(Fraction(value)),
        -half_away(Fraction(value)),
    ]


@given(st.one_of(st.floats(2.0**-32, 2.0**30, exclude_max=True), st.floats(-(2.0**29), -(2.0**-32))))
@example(1 - 2.0**-33)  # rounds up to the next power of two
@example(2.0**-32)
@settings(deadline=None, derandomize=True)
def test_quantize_multiplier(real: float) -> None:
    """Normalized, within half a step, and the mirror image for negative ones."""
    multiplier, shift = fp.quantize_multiplier(real)
    assert 2**30 <= abs(multiplier) < 2**31 and -31 <= shift <= 30
    unit = Fraction(2) ** (shift - 31)
    error = abs(Fraction(real) - multiplier * unit)
    assert error <= unit / 2 or (shift == 30 and multiplier == MAX and error <= unit)
    assert fp.quantize_multiplier(-real) == (-multiplier, shift)


def test_quantize_multiplier_at_its_ends() -> None:
    assert fp.quantize_multiplier(0.0) == fp.quantize_multiplier(math.nextafter(2.0**-32, 0) / 2) == (0, 0)
    assert fp.quantize_multiplier(1.0) == (2**30, 1)
    assert fp.quantize_multiplier(2.0**40) == (MAX, 30)
    for real in (math.inf, -math.inf, math.nan):
        with pytest.raises(ModelError, match="cannot be represented"):
            fp.quantize_multiplier(real)


@pytest.mark.parametrize("exponent", [-20, -12, 0, 3])
def test_power_of_two(exponent: int) -> None:
    """Within a thousandth of the exponent, on both sides."""
    for near in (1.0, 2.0**0.0009, 2.0**-0.0009):
        assert fp.power_of_two(2.0**exponent * near) == exponent
    for far in (2.0**0.0011, 2.0**-0.0011, 1.5):
        assert fp.power_of_two(2.0**exponent * far) is None


# -- gemmlowp ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [0, 2, 5])
def test_exp_on_negative_values(bits: int) -> None:
    """Never rising, and as close to exp as a polynomial of degree 4 is: its remainder on an interval of 1/8 around
    -1/8 is exp(-1/8) * (1/8)^5 / 5! = 2.24e-7; roundings stay below 2^-22 with it."""
    fine, coarse = np.arange(20000), np.linspace(0, 2**31, 20001).astype(np.int64)
    values = np.unique(np.concatenate([fine, coarse, np.geomspace(1, 2.0**31, 20001).astype(np.int64)]))
    results = exp_on_negative_values(-values, bits)
    assert np.max(np.abs(results / 2.0**31 - np.exp(-values * 2.0 ** (bits - 31)))) < 2.0**-22
    assert np.all(np.diff(results) <= 0)
    assert results[0] == MAX


def test_high(twins: Twins) -> None:
    """Both shifts travel as one number, 32 * left + right."""
    x, m, s = grid(EDGES, np.concatenate([MULTIPLIERS, -MULTIPLIERS]), [1, 2, 30, 135, 641, 990])
    x, m, s = inside(x, m, s, of=lambda x, m, s: (x << s // 32 >= MIN) & (x << s // 32 <= MAX))
    expected = slowly(lambda x, m, s: slow_high(x, m, s // 32, s % 32), x, m, s)
    assert np.array_equal(twins("requantize_high", x, m, s), expected)
    assert np.array_equal(slowly(lambda x, m, s: int(fp.requantize_high(x, m, s // 32, s % 32)), x, m, s), expected)


@given(st.floats(2**-40, 2**10), st.floats(2**-30, 1), st.integers(1, MAX))
@settings(deadline=None, derandomize=True)
def test_high_multipliers(real: float, share: float, bound: int) -> None:
    """Ends of the range shift into int32, and results are within 1/2 + 2^(1 - right) of the real ones."""
    multipliers, left, right = fp.high_multipliers([real, -real * share], bound)
    assert bound << left <= MAX and right <= 30
    if right < 1:
        assert real * bound >= 2**26
        return
    for multiplier, exact in zip(multipliers.tolist(), (real, -real * share), strict=True):
        for x in (bound, -bound, bound // 3, 1, 0):
            error = abs(int(fp.requantize_high(x, multiplier, left, right)) - Fraction(exact) * x)
            assert error <= Fraction(1, 2) + Fraction(2, 2**right)


def test_one_over_one_plus_x() -> None:
    """Falling, and within 2^-28 of 1 / (1 + x)."""
    values = np.linspace(0, MAX, 20001).astype(np.int64)
    results = one_over_one_plus_x(values)
    assert np.max(np.abs(results / 2.0**31 - 1 / (1 + values / 2.0**31))) < 2.0**-28
    assert np.all(np.diff(results) < 0)


@given(st.integers(1, 2**32 - 1))
@example(2**31)
@example(2**32 - 1)
@settings(deadline=None, derandomize=True)
def test_reciprocal(x: int) -> None:
    """A mantissa of 1/2 to 1 and a power of two, together within 2^-27 of the real reciprocal."""
    mantissa, right = map(int, reciprocal(x, 12))
    assert 2**30 - 8 <= mantissa <= MAX
    real, exact = Fraction(mantissa, 2**31) / Fraction(2) ** right, Fraction(2**19, x)
    assert abs(real - exact) < exact / 2**27


@given(st.integers(1, 2**29 - 1))
@example(1)
@example(2)
@example(2**29 - 1)
@settings(deadline=None, derandomize=True)
def test_inverse_sqrt(x: int) -> None:
    """Five Newton-Raphson steps leave a relative error of 1.24e-6 where they start farthest away, at powers of two."""
    mantissa, right = inverse_sqrt(x)
    assert abs(mantissa / 2.0 ** (31 + right) * math.sqrt(x) - 1) < 1.25e-6
