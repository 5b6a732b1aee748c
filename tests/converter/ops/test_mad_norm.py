"""MAD_NORM: reference == C, within a stated error of the real result."""

from __future__ import annotations

from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.normalization import MOST_ELEMENTS
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from norms import agreed, gained, norm
from numpy.typing import NDArray
from single import few, same, scales, seeds, zero_points
from tools import needs_target


def mad(shape: tuple[int, ...], dtype: DType = DType.INT8, **options: Any) -> Graph:
    """Its input's scale does not matter."""
    return norm("MAD_NORM", shape, dtype, 0.1, **options)


def real(graph: Graph, x: NDArray[Any]) -> NDArray[np.float64]:
    """The result in the output's steps, in float64, before rounding."""
    values = x - x.mean(axis=-1, keepdims=True, dtype=np.float64)
    deviation = np.abs(values).mean(axis=-1, keepdims=True)
    return gained(graph, values / np.where(deviation > 0, deviation, 1))


def agree(graph: Graph, seed: int) -> None:
    for x, y in agreed(graph, seed):
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
    agree(mad(shape, dtype, points=points, target=target, seed=seed, parameters=parameters), seed)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_the_longest_row_at_full_scale(dtype: DType) -> None:
    agree(mad((1, MOST_ELEMENTS), dtype, points=(-128, 0), target=0.5), 0)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_deviations_that_are_powers_of_two(dtype: DType) -> None:
    """Their reciprocals are the only ones that do not fit int32."""
    graph = mad((1, 2), dtype)
    rows = [np.array([[step, 0]], dtype.numpy) for step in (1, 2, 64, -64)]
    session = Session(graph)
    library = build(model := model_sources(graph, ["generic"], "model"))
    expected = [session.trace([row]).outputs for row in rows]
    same(expected, [call(model, library, [row]) for row in rows], "generic")
    assert all(
        np.abs(y - np.clip(real(graph, x), *dtype.limits)).max() <= 0.51 for x, (y,) in zip(rows, expected, strict=True)
    )


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_bit_exact_on_the_target(dtype: DType, target: str) -> None:
    report = bitwright.verify(mad((1, 5, 48), dtype), target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


def test_refused() -> None:
    with pytest.raises(BitwrightError, match=r"node.*the output's scale is too small"):
        Session(mad((1, 4), target=1e-12))
    with pytest.raises(BitwrightError, match="rows of 20000"):
        Session(mad((1, 20000)))
