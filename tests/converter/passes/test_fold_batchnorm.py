"""Batch normalization and constants per channel fold into the weights beside them, and only where that is exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph, Quantization
from bitwright.converter.passes.fold_batchnorm import fold_batchnorm
from floats import Net, few, operators, same_function, seeds
from hypothesis import given
from hypothesis import strategies as st

PADDINGS = ["SAME", "VALID", ((1, 0), (2, 1))]


def transpose_conv(net: Net, source: str, units: int) -> str:
    batch, height, width, channels = net.shape(source)
    shape = net.constant("shape", np.array([batch, 2 * height + 1, 2 * width + 1, units], np.int32))
    weights = net.random(units, 3, 3, channels)
    return net.op("TRANSPOSE_CONV", shape, weights, source, padding="VALID", stride=(2, 2), activation="NONE")


@st.composite
def weighted(draw: Any, net: Net, source: str) -> str:
    """A random operator with weights."""
    padding = draw(st.sampled_from(PADDINGS))
    kind = draw(st.sampled_from(["conv", "depthwise", "dense", "transpose_conv"]))
    if kind == "conv":
        return net.conv(source, draw(st.integers(1, 5)), draw(st.integers(3, 4)), padding, draw(st.integers(1, 2)))
    if kind == "depthwise":
        return net.depthwise(source, draw(st.integers(1, 3)), 3, padding)
    return net.dense(source, draw(st.integers(1, 5))) if kind == "dense" else transpose_conv(net, source, 3)


def image(net: Net, draw: Any) -> str:
    size = st.integers(4, 8)
    return net.input("x", (1, draw(size), draw(size), draw(st.integers(1, 4))))


@given(st.data(), seeds)
@few
def test_into_the_weights_before(data: Any, seed: int) -> None:
    net = Net(seed)
    before = net.finish([net.batch_norm(data.draw(weighted(net, image(net, data.draw))))])
    after = fold_batchnorm(before)
    assert operators(after) == operators(before)[:1] and after.nodes[0].name == before.nodes[0].name
    assert after.outputs == before.outputs
    same_function(before, after, seed)


@given(st.data(), seeds)
@few
def test_into_the_weights_after(data: Any, seed: int) -> None:
    """Where no window of the reader reaches beyond its input; else it becomes a depthwise 1x1."""
    net = Net(seed)
    before = net.finish([data.draw(weighted(net, net.batch_norm(image(net, data.draw))))])
    after = fold_batchnorm(before)
    reader = before.nodes[-1]
    pads = reader.op == "TRANSPOSE_CONV" or reader.attrs.get("padding", "VALID") != "VALID"
    assert operators(after) == (["DEPTHWISE_CONV_2D"] if pads else []) + [reader.op]
    same_function(before, after, seed)


def test_into_all_weights_after() -> None:
    net = Net(0)
    y = net.batch_norm(net.input("x", (1, 5, 5, 3)))
    before = net.finish([net.conv(y, 4, 1), net.depthwise(y, 2, 1)])
    after = fold_batchnorm(before)
    assert operators(after) == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    same_function(before, after, 0)


@given(st.data(), seeds)
@few
def test_constants_per_channel(data: Any, seed: int) -> None:
    """Chains of MUL, ADD and SUB, the constant on either side and of any shape that means one value per channel."""
    net = Net(seed)
    y = data.draw(weighted(net, image(net, data.draw)))
    channels = net.shape(y)[-1]
    shapes = st.sampled_from([(), (1,), (channels,), (1, 1, channels), (1, 1, 1, channels)])
    for _ in range(data.draw(st.integers(1, 3))):
        operands = [y, net.random(*data.draw(shapes))]
        op = data.draw(st.sampled_from(["MUL", "ADD", "SUB"]))
        y = net.op(op, *(operands if data.draw(st.booleans()) else operands[::-1]), activation="NONE")
    y = net.op("ADD", y, net.random(), activation=data.draw(st.sampled_from(["NONE", "RELU6"])))
    before = net.finish([y])
    after = fold_batchnorm(before)
    assert operators(after) == operators(before)[:1]
    assert after.nodes[0].attrs["activation"] == before.nodes[-1].attrs["activation"]
    same_function(before, after, seed)


def test_shared_weights_are_not_changed_for_others() -> None:
    net = Net(1)
    x = net.input("x", (1, 5, 5, 3))
    weights, attrs = net.random(4, 1, 1, 3), dict(padding="SAME", stride=(1, 1), dilation=(1, 1), activation="NONE")
    first, second = (net.op("CONV_2D", x, weights, **attrs) for _ in range(2))
    before = net.finish([net.batch_norm(first), second])
    after = fold_batchnorm(before)
    assert operators(after) == ["CONV_2D", "CONV_2D"]
    same_function(before, after, 1)


# -- what must not fold --------------------------------------------------------------------------------------------


def _two_readers(net: Net, x: str) -> list[str]:
    y = net.conv(x, 3)
    return [net.batch_norm(y), net.op("TANH", y)]


def _graph_output(net: Net, x: str) -> list[str]:
    y = net.conv(x, 3)
    return [y, net.batch_norm(y)]


def _activation_between(net: Net, x: str) -> list[str]:
    y = net.conv(x, 3)
    return [net.batch_norm(net.op("RELU", y))]


@pytest.mark.parametrize("build", [_two_readers, _graph_output, _activation_between])
def test_stays_and_is_lowered(build: Callable[[Net, str], list[str]]) -> None:
    """A depthwise 1x1 takes its place in images."""
    net = Net(2)
    before = net.finish(build(net, net.input("x", (1, 5, 5, 3))))
    after = fold_batchnorm(before)
    assert "BATCH_NORM" not in operators(after) and len(after.nodes) == len(before.nodes)
    assert operators(after).count("DEPTHWISE_CONV_2D") == 1
    same_function(before, after, 2)


def test_is_lowered_to_a_product_and_a_sum_elsewhere() -> None:
    net = Net(3)
    before = net.finish([net.batch_norm(net.op("TANH", net.input("x", (1, 5, 3))))])
    after = fold_batchnorm(before)
    assert operators(after) == ["TANH", "MUL", "ADD"]
    same_function(before, after, 3)


@pytest.mark.parametrize("shape", [(5, 1), (5, 3), (1, 5, 5, 3), (2, 1, 1, 3)])
def test_constants_that_vary_elsewhere_stay(shape: tuple[int, ...]) -> None:
    net = Net(4)
    before = net.finish([net.op("MUL", net.conv(net.input("x", (1, 5, 5, 3)), 3), net.random(*shape))])
    assert fold_batchnorm(before).nodes == before.nodes


def annotated(graph: Graph, name: str) -> Graph:
    tensor = replace(graph.tensor(name), quant=Quantization((0.1,), (0,)), stored=DType.INT8)
    return replace(graph, tensors={**graph.tensors, name: tensor})


@pytest.mark.parametrize("operand", [0, 1])
def test_what_has_a_grid_stays(operand: int) -> None:
    """Neither weights nor an activation that is rounded before it is scaled may change."""
    net = Net(5)
    before = net.finish([net.op("MUL", net.conv(net.input("x", (1, 5, 5, 3)), 3), net.random(3))])
    conv = before.nodes[0]
    before = annotated(before, conv.outputs[0] if operand == 0 else str(conv.inputs[1]))
    assert fold_batchnorm(before).nodes == before.nodes
