"""SOFTMAX: reference == tflite-runtime == C."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.reference import Session, run
from bitwright.errors import AccumulatorOverflowError, UnsupportedError
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, few, prove, seeds, single, together
from unsigned import as_uint8

OUTPUTS = {DType.INT8: (1 / 256, -128), DType.INT16: (1 / 32768, 0)}
MOST_RANKS = {DType.INT8: 5, DType.INT16: 4}  # tflite-runtime serves no more of int16


def softmax(
    shape: tuple[int, ...], scale: float, beta: float = 1.0, zero_point: int = 0, dtype: DType = DType.INT8
) -> Graph:
    """One SOFTMAX with the output's fixed scale."""
    source = activation("x", shape, scale, zero_point, dtype)
    return single("SOFTMAX", [source], [activation("y", (), *OUTPUTS[dtype], dtype)], {"beta": float(np.float32(beta))})


def random_softmax(dtype: DType, generator: np.random.Generator) -> Graph:
    """Any rank and depth, from scales that leave rows flat to those that leave one winner."""
    shape = generator.integers(1, 4, generator.integers(0, MOST_RANKS[dtype]), endpoint=True).tolist()
    depth = int(generator.integers(1, generator.choice([2, 12, 500]), endpoint=True))
    beta = float(generator.choice([1.0, 1.0, 0.5, 0.01, 1.7, 10.0]))
    # Below 2^-26 tflite-runtime ends the process; at int16 a step of 5 and more takes the difference beyond int32.
    ranges = {DType.INT8: [(-25, 6), (-6, 2)], DType.INT16: [(-25, 2.2), (-14, -8)]}
    exponent = generator.uniform(*generator.choice(ranges[dtype]))
    if generator.random() < 0.3:
        exponent = math.floor(exponent)
    point = 0 if dtype is DType.INT16 else int(generator.integers(-128, 128))
    return softmax((*shape, depth), 2.0**exponent / beta, beta, point, dtype)


def several(dtype: DType) -> st.SearchStrategy[Graph]:
    """Four side by side, so that they share one compilation."""

    def build(seed: int) -> Graph:
        generator = np.random.default_rng(seed)
        return together([random_softmax(dtype, generator) for _ in range(4)])

    return st.builds(build, seeds)


@given(several(DType.INT8), seeds)
@few
def test_int8(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(several(DType.INT16), seeds)
@few
def test_int16(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(several(DType.INT8), seeds)
@settings(few, max_examples=5)
def test_uint8(graph: Graph, seed: int) -> None:
    prove(as_uint8(graph), seed)


def peaked(shape: tuple[int, ...], seed: int) -> NDArray[np.int8]:
    """Rows of few large values, whose exponentials sum to little."""
    return np.random.default_rng(seed).normal(-90, 30, shape).clip(-128, 127).astype(np.int8)


@pytest.mark.parametrize("depth", [512, 1001, 8191])
def test_deep_rows_with_few_winners(depth: int) -> None:
    prove(softmax((2, depth), 0.25), 0, inputs=[[peaked((2, depth), 0)]])


@pytest.mark.parametrize("depth", [512, 1001, 4096, 8191])
def test_deep_flat_rows(depth: int) -> None:
    """Every probability is below half a step. tflite-runtime 2.14 shifts by 32 bits and more, and finds 127."""
    graph = softmax((1, depth), 2.0**-10)
    prove(graph, 0, peer=None)
    (flat,) = run(graph, np.full((1, depth), 5, np.int8))
    assert np.array_equal(flat, np.full((1, depth), -128))


@pytest.mark.parametrize(("dtype", "depth"), [(DType.INT8, 8192), (DType.INT16, 65536)])
def test_a_sum_that_could_overflow_is_named(dtype: DType, depth: int) -> None:
    message = rf"node \(SOFTMAX\): the sum of {depth} exponentials can reach .* up to {depth - 1} elements are served"
    with pytest.raises(AccumulatorOverflowError, match=message):
        Session(softmax((depth,), 0.1, dtype=dtype))
    Session(softmax((depth - 1,), 0.1, dtype=dtype))


def test_an_int16_difference_that_could_overflow_is_named() -> None:
    with pytest.raises(AccumulatorOverflowError, match=r"node \(SOFTMAX\): .*\[-4294901760, 0\], beyond int32"):
        Session(softmax((4,), 6.0, dtype=DType.INT16))


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "reason"),
    [
        (DType.INT8, 1 / 128, -128, "scale must be 1/256"),
        (DType.INT8, 1 / 256, 0, "zero point must be -128"),
        (DType.INT16, 1 / 256, 0, "scale must be 1/32768"),
        (DType.INT16, 1 / 32768, 1, "zero points must be 0"),
    ],
)
def test_other_outputs_are_refused(dtype: DType, scale: float, zero_point: int, reason: str) -> None:
    x, y = activation("x", (4,), 0.1, 0, dtype), activation("y", (), scale, zero_point, dtype)
    with pytest.raises(UnsupportedError, match=reason):
        Session(single("SOFTMAX", [x], [y], {"beta": 1.0}))
