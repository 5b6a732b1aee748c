"""Requantization on RV32: the constants that the search finds give the policy's output for every accumulator."""

from __future__ import annotations

import numpy as np
import pytest
from background import ROOT
from bitwright.codegen.kernels.narrow import NarrowChannels
from bitwright.codegen.kernels.rv32.steps import Steps, rescale_fields, steps
from bitwright.converter.fixedpoint import requantize_double
from cbuild import library
from hypothesis import given, settings
from hypothesis import strategies as st


def channel(taps: int, bias: int, multiplier: int, right: int, output: tuple[int, int, int]) -> NarrowChannels:
    """One channel of weights 127; output: zero point and clamp."""
    arrays = {
        "bias": np.array([bias], np.int32),
        "multiplier": np.array([multiplier], np.int32),
        "right": np.array([right], np.int8),
    }
    zero_point, low, high = output
    fields = {**arrays, "output_zero_point": zero_point, "low": low, "high": high}
    return NarrowChannels(np.full((1, taps), 127, np.int8), fields)


def fast(found: Steps, sums: np.ndarray, output: tuple[int, int, int]) -> np.ndarray:
    """What bw_rescale_rv32.h computes."""
    zero_point, low, high = output
    scaled = (sums << found.scale) + int(found.bias[0])
    assert np.all((scaled >= -(2**31)) & (scaled < 2**31))
    value = scaled * int(found.multiplier[0]) >> 32
    right = int(found.right[0])
    if not found.rectified:
        value -= (value >> 63) & (1 << (found.scale - 1))
        value += (2 * zero_point + 1) << (right - 1)
    return np.clip(value >> right, low, high)


@given(
    st.integers(0, 24),
    st.integers(-(2**17), 2**17),
    st.integers(2**30, 2**31 - 1),
    st.integers(1, 16),
    st.sampled_from([(-128, -128, 127), (-128, -128, 0), (3, 3, 90), (0, -128, 127), (-17, -128, 127), (127, -5, 127)]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_accumulator(taps: int, bias: int, multiplier: int, right: int, output: tuple[int, int, int]) -> None:
    found = steps(channel(taps, bias, multiplier, right, output))
    if found is None:
        return
    sums = np.arange(-128 * 127 * taps, 127 * 127 * taps + 1, dtype=np.int64)
    exact = requantize_double(sums + bias, np.int64(multiplier), np.int64(-right)) + output[0]
    assert np.array_equal(fast(found, sums, output), np.clip(exact, *output[1:]))


@pytest.mark.parametrize("output", [(-128, -128, 127), (4, -128, 127)])
def test_usual_channels_are_served(output: tuple[int, int, int]) -> None:
    """Of 40 random channels that use the whole output range, the search finds constants for nine tenths."""
    generator = np.random.default_rng(7)
    multipliers, biases = generator.integers(2**30, 2**31, 40), generator.integers(-(2**12), 2**12, 40)
    served = [
        steps(channel(16, int(bias), int(multiplier), 9, output)) is not None
        for bias, multiplier in zip(biases, multipliers, strict=True)
    ]
    assert sum(served) >= 36


def test_the_header_does_what_the_search_assumes() -> None:
    """A rectified channel by the function of its own and by that of all others."""
    text = """#include "bw_rescale_rv32.h"
int32_t f(int32_t acc, const int32_t *bias, const int32_t *multiplier, const uint8_t *right, int32_t scale, int32_t tie,
          int32_t offset, int32_t own);
int32_t f(int32_t acc, const int32_t *bias, const int32_t *multiplier, const uint8_t *right, int32_t scale, int32_t tie,
          int32_t offset, int32_t own) {
    const bw_rescale_rv32 p = {bias, multiplier, right, scale, tie, 0, offset, -128, 127};
    const bw_rescale_channel c = bw_rescale_of(&p, 0);
    return own ? bw_rescale_rectified(&c, (uint32_t)acc) : bw_rescale_sum(&c, (uint32_t)acc);
}
"""
    kernels = ROOT / "firmware" / "kernels"
    function = library(text, [kernels / "rv32" / "bw_rescale_rv32.h", kernels / "bw_fixedpoint.h"]).f
    for output in ((-128, -128, 127), (5, -128, 127)):
        narrow = channel(9, -4000, 1_400_000_001, 8, output)
        found, fields = steps(narrow), rescale_fields(narrow)
        assert found is not None and fields is not None and found.rectified == (output[0] == -128)
        sums = np.arange(-128 * 127 * 9, 127 * 127 * 9, 11, dtype=np.int64)
        arrays = [np.asarray(fields[name]).ctypes for name in ("bias", "multiplier", "right")]
        constants = [*arrays, *(fields[name] for name in ("scale", "tie", "offset"))]
        for own in (0, 1) if found.rectified else (0,):
            assert [function(int(acc), *constants, own) for acc in sums] == fast(found, sums, output).tolist()


def test_the_policy_itself() -> None:
    """Without constants from the search: at ties, around zero and at the ends of the range."""
    text = """#include "bw_rescale_rv32.h"
int32_t f(int32_t acc, int32_t multiplier, int32_t right, int32_t point);
int32_t f(int32_t acc, int32_t multiplier, int32_t right, int32_t point) {
    const int32_t bias = 0;
    const uint8_t rights = (uint8_t)right;
    const bw_rescale_rv32 p = {&bias, &multiplier, &rights, 2, 2, 1, 2 * point + 1, -128, 127};
    const bw_rescale_channel c = bw_rescale_of(&p, 0);
    return bw_rescale_sum(&c, (uint32_t)acc);
}
"""
    kernels = ROOT / "firmware" / "kernels"
    function = library(text, [kernels / "rv32" / "bw_rescale_rv32.h", kernels / "bw_fixedpoint.h"]).f
    generator = np.random.default_rng(3)
    for right in range(1, 23):
        for multiplier in (2**30, 2**30 + 1, 2**31 - 1, int(generator.integers(2**30, 2**31))):
            ties = [((2 * k + 1) << (30 + right)) // multiplier + d for k in range(-9, 9) for d in (-1, 0, 1)]
            values = [-1, 0, 1, 1 - 2**29, 2**29 - 1, *(v for v in ties if abs(v) < 2**29)]
            exact = requantize_double(np.array(values, np.int64), np.int64(multiplier), np.int64(-right))
            for point in (-128, -3, 127):
                got = [function(v, multiplier, right + 1, point) for v in values]
                assert got == np.clip(exact + point, -128, 127).tolist()
