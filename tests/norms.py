"""Graphs of one normalization with random gain and bias, and inputs at which their ranges end."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from cbuild import build, call
from numpy.typing import NDArray
from single import activation, constant, same, single, vectors


def norm(
    op: str,
    shape: tuple[int, ...],
    dtype: DType = DType.INT8,
    scale: float = 0.05,
    points: tuple[int, int] = (3, -5),
    target: float = 0.04,
    seed: int = 0,
    parameters: str = "gain and bias",
    **attrs: Any,
) -> Graph:
    """A graph of it; int16 zero points are 0."""
    generator = np.random.default_rng(seed)
    values = [generator.integers(-32767, 32767, shape[-1:], endpoint=True).astype(np.int16) for _ in range(2)]
    gain = constant("gain", values[0], [4e-5]) if "gain" in parameters else None
    bias = constant("bias", values[1], [6e-5]) if "bias" in parameters else None
    first, second = points if dtype is DType.INT8 else (0, 0)
    source = activation("x", shape, scale, first, dtype)
    graph = single(op, [source, gain, bias], [activation("y", (), target, second, dtype)], attrs)
    return read_native(write_native(graph), "model")


def extremes(graph: Graph, seed: int) -> list[list[NDArray[Any]]]:
    """Beside constant, alternating and random rows: one-hot ones, zeros, and those within a step of each other."""
    tensor = graph.tensor("x")
    low, high = tensor.dtype.limits
    rows = np.full((4, *tensor.shape), low, tensor.dtype.numpy)
    rows[0, ..., 0] = high
    rows[1, ..., -1] = low + 1
    rows[2] = tensor.zero_point
    rows[3] = np.random.default_rng(seed).integers(-1, 1, tensor.shape, endpoint=True)
    return [*vectors(graph, seed), *([row] for row in rows)]


def gained(graph: Graph, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Real rows times the gain, plus the bias, in the output's steps, before rounding."""
    node, target = graph.nodes[0], graph.tensor("y")
    for index, combine in ((1, np.multiply), (2, np.add)):
        tensor = graph.optional_input(node, index)
        if tensor is not None:
            normal = combine(normal, tensor.value().astype(np.float64) * tensor.scale)
    return np.asarray(normal / target.scale + target.zero_point)


def agreed(graph: Graph, seed: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Inputs at the ends of their ranges with the reference's outputs, which generated C gives too."""
    session, inputs = Session(graph), extremes(graph, seed)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")
    return [(x, y) for (x,), (y,) in zip(inputs, expected, strict=True)]
