"""Sums of products of float16: one rounding of the exact value, and the order that the module states."""

from __future__ import annotations

import ctypes
from fractions import Fraction

import numpy as np
import pytest
from background import ROOT
from bitwright.converter.ops.floating import halves
from cbuild import library
from floating import prove
from half_layers import LAYERS
from numpy.typing import NDArray

Half = NDArray[np.float16]


def every_kind(generator: np.random.Generator, count: int) -> Half:
    """Finite numbers of all exponents alike, subnormal ones and zeros of both signs among them."""
    bits = generator.integers(0, 0x7C00, count) | (generator.integers(0, 2, count) << 15)
    bits[:: count // 7] &= 0x8000
    return bits.astype(np.uint16).view(np.float16)


def rounded_once(exact: Fraction) -> float:
    """The nearest number of float16, ties to even; infinite from 65520 on."""
    size = abs(exact)
    if size >= 65520:
        return float("inf") if exact > 0 else float("-inf")
    exponent = -14
    while size >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - 10)
    value = float(round(size / unit) * unit)  # Fraction rounds ties to even
    return value if exact >= 0 else -value


def near_ties(generator: np.random.Generator, count: int) -> tuple[Half, Half, Half]:
    """Products that end next to the middle between two numbers, as seen from the sum."""
    a = every_kind(generator, count)
    total = every_kind(generator, count)
    with np.errstate(all="ignore"):
        wanted = np.spacing(np.abs(total)).astype(np.float64) * generator.choice([0.25, 0.5, 1, 1.5], count)
        b = np.nan_to_num(wanted / a.astype(np.float64), nan=1, posinf=1, neginf=1)
    return a, np.clip(b, -65504, 65504).astype(np.float16), total


def test_a_fused_product_is_rounded_once() -> None:
    """Against exact rationals: numbers of every exponent, and sums next to ties."""
    generator = np.random.default_rng(0)
    drawn = [every_kind(generator, 6000) for _ in range(3)]
    for a, b, total in (drawn, near_ties(generator, 12000)):
        found = halves.fused(*(x.astype(np.float64) for x in (a, b, total)))
        expected = [
            rounded_once(Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)))
            for x, y, z in zip(a, b, total, strict=True)
        ]
        assert found.tolist() == expected
        assert np.isinf(found).any() or total is not drawn[2]
        assert np.any((found != 0) & (np.abs(found) < 2.0**-14))


_C = """#include "bw_fused_f16.h"
void fused(const float *a, const float *b, const float *total, float *results, int count);
void fused(const float *a, const float *b, const float *total, float *results, int count) {
    for (int i = 0; i < count; ++i) {
        results[i] = bw_fused_f16(a[i], b[i], total[i]);
    }
}
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_fused_product_in_c(compiler: str) -> None:
    """The portable form, which has no wider type, gives the same bits; infinite sums stay so."""
    generator, kernels = np.random.default_rng(3), ROOT / "firmware" / "kernels"
    code = library(_C, [kernels / "bw_fused_f16.h", kernels / "bw_real.h"], compiler)
    drawn = [every_kind(generator, 400000) for _ in range(3)]
    drawn[2][::1000] = np.float16(np.inf) * np.sign(drawn[2][::1000] + np.float16(0.5))
    for a, b, total in (drawn, near_ties(generator, 400000)):
        singles = [np.ascontiguousarray(x, np.float32) for x in (a, b, total)]
        found = np.empty(len(a), np.float32)
        code.fused(*(ctypes.c_void_p(x.ctypes.data) for x in (*singles, found)), len(a))
        expected = halves.fused(*(x.astype(np.float64) for x in (a, b, total))).astype(np.float32)
        assert found.tobytes() == expected.tobytes()


def test_the_order_of_a_sum() -> None:
    """Lanes, their widening and the blocks, element by element."""
    generator = np.random.default_rng(1)
    for depth in (1, 7, 8, 19, 128, 129, 300):
        a, b = generator.normal(size=(2, depth)).astype(np.float16)
        total = np.float32(0)
        for start in range(0, depth, 128):
            lanes = [np.float64(0)] * 8
            for k in range(start, min(start + 128, depth)):
                lanes[k % 8] = halves.fused(np.float64(a[k]), np.float64(b[k]), lanes[k % 8])
            s = [np.float32(lane) for lane in lanes]
            total += ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
        assert halves.inner(a, b) == total
        column = np.float32(0)
        for start in range(0, depth, 16):
            lane = np.float64(0)
            for k in range(start, min(start + 16, depth)):
                lane = halves.fused(np.float64(a[k]), np.float64(b[k]), lane)
            column += np.float32(lane)
        assert halves.outer(a[None], b[:, None]).item() == column


def test_inputs_of_weights_that_cannot_overflow() -> None:
    """The largest weights times the largest safe inputs, all of one sign, stay finite; a little more does not."""
    weights = halves.weights_as_they_count(np.full(1024, -128, np.int8))
    safe = np.full(1024, halves.SAFE_INPUT, np.float16)
    assert halves.inner(safe, weights) == -1024 * halves.SAFE_INPUT
    assert np.isinf(halves.inner(safe + np.float16(4), weights))


def test_the_error_does_not_grow_with_the_depth() -> None:
    """Of sums of random products, relative to the root of the sum of their squares."""
    generator = np.random.default_rng(2)
    for depth in (16, 128, 1024, 4096):
        a, b = generator.normal(size=(2, 64, depth)).astype(np.float16)
        exact = (a.astype(np.float64) * b.astype(np.float64)).sum(axis=1)
        error = halves.inner(a, b) - exact
        assert np.sqrt(np.mean(error**2)) < 7e-4 * np.sqrt(depth), depth


def test_deep_and_wide_layers() -> None:
    """Reference == C on the host, bit by bit."""
    prove([graph() for graph in LAYERS.values()])
