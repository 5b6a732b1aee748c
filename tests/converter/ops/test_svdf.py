"""SVDF: reference == tflite-runtime == C, over sequences, so that the state counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph, Quantization, Variable
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike
from single import activation, constant, few, prove, same, scales, seeds, vectors, zero_points

SIZES = st.integers(1, 9)


def svdf(
    seed: int,
    sizes: tuple[int, int, int, int, int],
    grids: tuple[float, int, float, int],
    state: DTypeLike = np.int16,
    bias: bool = True,
) -> Graph:
    """A graph of one SVDF with random weights."""
    from bitwright.converter.ir import Node, check

    batch, features, units, rank, memory = sizes
    rng = np.random.default_rng(seed)
    limits = np.iinfo(state)
    tensors = [
        activation("x", (batch, features), grids[0], grids[1]),
        constant("wf", rng.integers(-127, 128, (units * rank, features)).astype(np.int8), [0.01]),
        constant("wt", rng.integers(limits.min, limits.max, (units * rank, memory)).astype(state), [0.002]),
        activation("y", (batch, units), grids[2], grids[3]),
    ]
    inputs: tuple[str | None, ...] = ("x", "wf", "wt", None)
    if bias:
        tensors.append(constant("b", rng.integers(-(10**6), 10**6, units).astype(np.int32), [1.0]))
        inputs = ("x", "wf", "wt", "b")
    grid = Quantization((float(np.float32(0.001)),), (0,))
    variable = Variable("state", np.zeros((batch, units * rank * memory), state), grid)
    attrs = {"rank": rank, "activation": "RELU", "states": ("state",)}
    node = Node("node", "SVDF", inputs, ("y",), attrs)
    return check(Graph("model", {t.name: t for t in tensors}, (node,), ("x",), ("y",), {"state": variable}))


@few
@given(
    seed=seeds,
    sizes=st.tuples(st.integers(1, 2), SIZES, SIZES, st.integers(1, 3), SIZES),
    grids=st.tuples(scales(0.01, 0.1), zero_points, scales(0.05, 0.5), zero_points),
    bias=st.booleans(),
)
def test_reference_runtime_and_c_agree(
    seed: int, sizes: tuple[int, int, int, int, int], grids: tuple[float, int, float, int], bias: bool
) -> None:
    graph = prove(svdf(seed, sizes, grids, bias=bias), seed)
    assert graph.nodes[0].states == ("state",)


@few
@given(
    seed=seeds,
    sizes=st.tuples(st.integers(1, 2), SIZES, SIZES, st.integers(1, 3), SIZES),
    grids=st.tuples(scales(0.01, 0.1), zero_points, scales(0.05, 0.5), zero_points),
)
def test_a_state_of_int8(
    seed: int, sizes: tuple[int, int, int, int, int], grids: tuple[float, int, float, int]
) -> None:
    """TensorFlow Lite Micro's form, which tflite-runtime does not have."""
    graph = read_native(write_native(svdf(seed, sizes, grids, np.int8)), "model")
    session, model = Session(graph), model_sources(graph, ["generic"], "model")
    library, inputs = build(model), vectors(graph, seed)
    same(
        [session.trace(values).outputs for values in inputs],
        [call(model, library, values) for values in inputs],
        "generic",
    )


def test_refused() -> None:
    graph = svdf(0, (1, 4, 2, 2, 3), (0.05, 0, 0.1, 0))
    with pytest.raises(BitwrightError, match="unknown variable"):
        Session(read_native(write_native(replace(graph, variables={})), "model"))
    wrong = Variable("state", np.zeros((1, 5), np.int16), graph.variables["state"].quant)
    with pytest.raises(BitwrightError, match="state does not fit"):
        Session(replace(graph, variables={"state": wrong}))
