"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN and ARG_MAX: reference == tflite-runtime == C."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from bitwright.converter.fixedpoint import quantize_multiplier
from bitwright.converter.ir import DType, Graph, Tensor
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, constant, few, prove, scales, seeds, single, zero_points
from unsigned import as_uint8

DTYPES = (DType.INT8, DType.INT16)
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=[dtype.value for dtype in DTYPES])


@st.composite
def reductions(draw: Any, op: str, dtype: DType = DType.INT8, rescale: bool = False) -> Graph:
    """One to five dimensions over any axes, also negative and repeated ones; or rows and columns of images."""
    if draw(st.booleans()):
        shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
        rank = len(shape)
        axes = draw(st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=rank + 1))
    else:
        shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 24), st.integers(1, 24), st.integers(1, 4)))
        axes = draw(st.sampled_from([(1, 2), (2, 1), (-3, -2)]))
    source = _activation(draw, "x", shape, dtype)
    target = _activation(draw, "y", (), dtype)
    if not rescale or draw(st.booleans()):
        target = activation("y", (), source.scale, source.zero_point, dtype)
    return single(
        op, [source, constant("axes", np.array(axes, np.int32))], [target], {"keep_dims": draw(st.booleans())}
    )


def _activation(draw: Any, name: str, shape: Sequence[int], dtype: DType) -> Tensor:
    return activation(name, shape, draw(scales()), 0 if dtype is DType.INT16 else draw(zero_points), dtype)


@dtypes
@given(st.data(), seeds)
@few
def test_mean(dtype: DType, data: Any, seed: int) -> None:
    prove(data.draw(reductions("MEAN", dtype, rescale=True)), seed)


@given(reductions("MEAN", rescale=True), seeds)
@few
def test_mean_uint8(graph: Graph, seed: int) -> None:
    prove(as_uint8(graph), seed)


@dtypes
@pytest.mark.parametrize("op", ["REDUCE_MAX", "REDUCE_MIN"])
@given(st.data(), seeds)
@few
def test_extremes(op: str, dtype: DType, data: Any, seed: int) -> None:
    prove(data.draw(reductions(op, dtype)), seed)


def plain_sum(graph: Graph, values: NDArray[Any]) -> NDArray[Any]:
    """SUM in whole numbers and fractions: the exact sum of ``q - zero_point``, rescaled with DOUBLE's two roundings."""
    source, target, axes = graph.tensor("x"), graph.tensor("y"), graph.tensor("axes").value()
    multiplier, shift = quantize_multiplier(source.scale / target.scale)
    low, high = target.dtype.limits
    totals = (values.astype(object) - source.zero_point).sum(axis=tuple({int(a) % values.ndim for a in axes}))
    results = []
    for total in np.ravel(totals):
        product = math.floor(Fraction(int(total) * 2 ** max(shift, 0) * multiplier, 2**31) + Fraction(1, 2))
        scaled = Fraction(product, 2 ** max(-shift, 0))
        away = math.floor(abs(scaled) + Fraction(1, 2)) * (1 if scaled > 0 else -1)
        results.append(min(max(away + target.zero_point, low), high))
    return np.array(results, target.dtype.numpy)


@dtypes
@given(st.data(), seeds)
@few
def test_sum(dtype: DType, data: Any, seed: int) -> None:
    """Against its definition: tflite-runtime 2.14 takes negative int8 sums for unsigned ones where scales differ."""
    graph = data.draw(reductions("SUM", dtype, rescale=True))
    prove(graph, seed, peer=lambda _, sequence: [[plain_sum(graph, values[0])] for values in sequence])


@st.composite
def arguments(draw: Any, dtype: DType) -> Graph:
    """Any axis, indices of either width."""
    shape = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    axis = np.array(draw(st.integers(-len(shape), len(shape) - 1)), np.int32)
    indices = draw(st.sampled_from([DType.INT32, DType.INT64]))
    tensors = [_activation(draw, "x", shape, dtype), constant("axis", axis)]
    return single("ARG_MAX", tensors, [Tensor("y", (), indices)], {"output_type": indices})


@given(arguments(DType.INT8), seeds)
@few
def test_arg_max(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(arguments(DType.INT16), seeds)
@few
def test_arg_max_int16(graph: Graph, seed: int) -> None:
    """Against numpy: tflite-runtime has no int16 ARG_MAX."""
    axis = int(graph.tensor("axis").value())
    prove(graph, seed, peer=lambda _, sequence: [[values[0].argmax(axis)] for values in sequence])
