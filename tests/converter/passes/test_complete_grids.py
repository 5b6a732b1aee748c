"""Grids that a file leaves out follow from those around them, and operators can compute on what they are given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import DType, Graph, Quantization
from bitwright.converter.passes.complete_grids import complete_grids
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.reference import Session, to_integers, to_interface
from bitwright.errors import UnsupportedError
from floats import Net, operators, random_inputs

POOL: dict[str, Any] = dict(padding="VALID", stride=(2, 2), filter=(2, 2), activation="NONE")
A, B = (0.05, 3), (0.02, -40)


def given(graph: Graph, grids: dict[str, tuple[float, int]], dtype: DType = DType.INT8) -> Graph:
    """The graph with these grids alone."""
    tensors = dict(graph.tensors)
    for name, (scale, point) in grids.items():
        quant = Quantization((float(np.float32(scale)),), (point,))
        tensors[name] = replace(tensors[name], quant=quant, stored=dtype)
    return replace(graph, tensors=tensors)


def lowered(graph: Graph, seed: int = 0, steps: float = 1.0) -> Graph:
    """The completed graph; its integers are within some steps of what its grids make of the real values."""
    complete = complete_grids(graph)
    assert all(t.stored is not None for t in complete.activations() if t.dtype is DType.FLOAT32)
    integer = to_integer(complete)
    inputs = random_inputs(graph, seed)
    ours = to_interface(integer, Session(integer).trace(to_integers(integer, inputs)).outputs)
    for name, value, expected in zip(graph.outputs, ours, run_float(graph, inputs, simulate=True), strict=True):
        scale = integer.tensor(integer.outputs[graph.outputs.index(name)]).scale
        assert np.abs(value - expected).max() <= (steps + 1e-3) * scale
    return complete


def test_an_average_between_grids_is_rounded_once() -> None:
    """As a mean where the window is the whole image, else by a depthwise convolution of ones."""
    for size, expected in ((2, "MEAN"), (4, "DEPTHWISE_CONV_2D")):
        net = Net(0)
        graph = net.finish([net.op("AVERAGE_POOL_2D", net.input("x", (1, size, size, 3)), **POOL)])
        assert operators(lowered(given(graph, {"x": A, graph.outputs[0]: B}))) == [expected]


def test_an_average_of_windows_that_reach_beyond_is_rescaled() -> None:
    net = Net(1)
    pool = net.op("AVERAGE_POOL_2D", net.input("x", (1, 3, 3, 3)), **{**POOL, "padding": "SAME"})
    graph = net.finish([pool])
    steps = 1 + A[0] / B[0] / 2  # the average is rounded on the input's grid first
    assert operators(lowered(given(graph, {"x": A, pool: B}), steps=steps)) == ["AVERAGE_POOL_2D", "QUANTIZE"]


def test_a_maximum_is_rescaled_after_it() -> None:
    net = Net(2)
    graph = net.finish([net.op("MAX_POOL_2D", net.input("x", (1, 4, 4, 3)), **POOL)])
    assert operators(lowered(given(graph, {"x": A, graph.outputs[0]: B}))) == ["MAX_POOL_2D", "QUANTIZE"]


def test_what_is_joined_is_rescaled_before() -> None:
    net = Net(3)
    joined = net.op("CONCATENATION", net.input("x", (1, 4)), net.input("y", (1, 4)), axis=1)
    graph = given(net.finish([joined]), {"x": A, "y": B, joined: (0.08, 0)})
    assert operators(lowered(graph)) == ["QUANTIZE", "QUANTIZE", "CONCATENATION"]
    assert operators(lowered(given(net.finish([joined]), {"x": A, "y": B}))) == ["QUANTIZE", "CONCATENATION"]


def test_what_is_moved_afterwards_is_written_on_that_grid() -> None:
    """x * y -> reshape, where only the reshaped tensor has a grid."""
    net = Net(4)
    y = net.reshape("flat", net.op("MUL", net.input("x", (1, 2, 4)), net.random(4)), (1, 8))
    complete = lowered(given(net.finish([y]), {"x": A, y: (0.07, 5)}))
    assert operators(complete) == ["MUL", "RESHAPE"]


def test_a_softmax_gets_its_own_grid_and_another_is_made_of_it() -> None:
    net = Net(5)
    graph = net.finish([net.op("SOFTMAX", net.input("x", (1, 6)), beta=1.0)])
    assert operators(lowered(given(graph, {"x": A}), steps=1.5)) == ["SOFTMAX"]
    wanted = given(graph, {"x": A, graph.outputs[0]: (1 / 200, -128)})
    assert operators(lowered(wanted, steps=1.5)) == ["SOFTMAX", "QUANTIZE"]


def test_sixteen_bits() -> None:
    net = Net(6)
    graph = net.finish([net.op("LOGISTIC", net.op("MUL", net.input("x", (1, 6)), net.random(6)))])
    wanted = {"x": (0.0002, 0), graph.nodes[0].outputs[0]: (0.0002, 0), graph.outputs[0]: (1 / 32768, 0)}
    complete = complete_grids(given(graph, wanted, DType.INT16))
    assert complete.tensor(complete.nodes[0].inputs[1]).stored is DType.INT16
    to_integer(complete)


def test_what_does_not_follow_is_named() -> None:
    net = Net(7)
    x = net.input("x", (1, 6))
    y = net.op("TANH", net.op("MUL", x, net.random(6)))
    with pytest.raises(UnsupportedError, match=r"x \(input\): the file does not quantize it"):
        complete_grids(given(net.finish([y]), {y: A}))
    with pytest.raises(UnsupportedError, match=r"mul\d+ \(MUL\): the file does not quantize its output; quantize the"):
        complete_grids(given(net.finish([y]), {"x": A, y: A}))
