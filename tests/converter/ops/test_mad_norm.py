"""MAD_NORM: reference == C, within a stated error of the real result."""

from __future__ import annotations

from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.ops.normalization import MOST_ELEMENTS
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, constant, few, same, scales, seeds, single, vectors, zero_points
from tools import needs_target


def norm(
    shape: tuple[int, ...],
    dtype: DType = DType.INT8,
    points: tuple[int, int] = (3, -5),
    target: float = 0.04,
    seed: int = 0,
    parameters: str = "gain and bias",
) -> Graph:
    generator = np.random.default_rng(seed)
    values = [generator.integers(-32767, 32767, shape[-1:], endpoint=True).astype(np.int16) for _ in range(2)]
    gain = constant("gain", values[0], [4e-5]) if "gain" in parameters else None
    bias = constant("bias", values[1], [6e-5]) if "bias" in parameters else None
    first, second = points if dtype is DType.INT8 else (0, 0)
    source = activation("x", shape, 0.1, first, dtype)
    return read_native(
        write_native(single("MAD_NORM", [source, gain, bias], [activation("y", (), target, second, dtype)])), "model"
    )


def extremes(graph: Graph, seed: int) -> list[list[NDArray[Any]]]:
    """Beside constant, alternating and random rows: one-hot ones, and those within a step of each other."""
    tensor = graph.tensor("x")
    low, high = tensor.dtype.limits
    rows = np.full((3, *tensor.shape), low, tensor.dtype.numpy)
    rows[0, ..., 0] = high
    rows[1, ..., -1] = low + 1
    rows[2] = np.random.default_rng(seed).integers(-1, 1, tensor.shape, endpoint=True)
    return [*vectors(graph, seed), *([row] for row in rows)]


def real(graph: Graph, x: NDArray[Any]) -> NDArray[Any]:
    """The result in the output's steps, in float64, before rounding."""
    node, target = graph.nodes[0], graph.tensor("y")
    values = x - x.mean(axis=-1, keepdims=True, dtype=np.float64)
    deviation = np.abs(values).mean(axis=-1, keepdims=True)
    result = values / np.where(deviation > 0, deviation, 1)
    for index, combine in ((1, np.multiply), (2, np.add)):
        tensor = graph.optional_input(node, index)
        if tensor is not None:
            result = combine(result, tensor.value().astype(np.float64) * tensor.scale)
    return np.asarray(result / target.scale + target.zero_point)


def agree(graph: Graph, seed: int) -> None:
    session, inputs = Session(graph), extremes(graph, seed)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")
    for (x,), (y,) in zip(inputs, expected, strict=True):
        # Half a step is the requantization's own.
        assert np.abs(y - np.clip(real(graph, x), *graph.tensor("x").dtype.limits)).max() <= 0.51


@few
@given(
    dtype=st.sampled_from([DType.INT8, DType.INT16]),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 300)),
    target=scales(0.01),
    points=st.tuples(zero_points, zero_points),
    parameters=st.sampled_from(["gain and bias", "gain", "bias", ""]),
    seed=seeds,
)
def test_c_is_the_reference_and_both_are_near_the_real_result(
    dtype: DType, shape: tuple[int, ...], target: float, points: tuple[int, int], parameters: str, seed: int
) -> None:
    agree(norm(shape, dtype, points, target, seed, parameters), seed)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_the_longest_row_at_full_scale(dtype: DType) -> None:
    agree(norm((1, MOST_ELEMENTS), dtype, (-128, 0), 0.5), 0)


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_bit_exact_on_the_target(dtype: DType, target: str) -> None:
    report = bitwright.verify(norm((1, 5, 48), dtype), target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


def test_refused() -> None:
    with pytest.raises(BitwrightError, match=r"node.*the output's scale is too small"):
        Session(norm((1, 4), target=1e-12))
    with pytest.raises(BitwrightError, match="rows of 20000"):
        Session(norm((1, 20000)))
