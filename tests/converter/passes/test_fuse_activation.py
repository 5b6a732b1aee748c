"""Clamps become part of the operator before them, where they are its only reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bitwright.converter.ir import DType, Quantization
from bitwright.converter.passes.fuse_activation import fuse_activation
from floats import Net, few, operators, same_function, seeds
from hypothesis import given
from hypothesis import strategies as st

POOL = dict(padding="VALID", stride=(2, 2), filter=(2, 2), activation="NONE")
CARRIERS = {
    "CONV_2D": lambda net, x: net.conv(x, 3),
    "DEPTHWISE_CONV_2D": lambda net, x: net.depthwise(x),
    "FULLY_CONNECTED": lambda net, x: net.dense(x, 3),
    "ADD": lambda net, x: net.op("ADD", x, x),
    "MUL": lambda net, x: net.op("MUL", x, x),
    "AVERAGE_POOL_2D": lambda net, x: net.op("AVERAGE_POOL_2D", x, **POOL),
    "MAX_POOL_2D": lambda net, x: net.op("MAX_POOL_2D", x, **POOL),
}
FUSED = ["RELU", "RELU6", "RELU_N1_TO_1"]
INTERVALS = {"RELU": (0, float("inf")), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1), "RELU_0_TO_1": (0, 1)}


@pytest.mark.parametrize("activation", FUSED)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_clamp_into_every_carrier(carrier: str, activation: str) -> None:
    net = Net(0)
    before = net.finish([net.op(activation, CARRIERS[carrier](net, net.input("x", (1, 4, 4, 3))))])
    after = fuse_activation(before)
    assert operators(after) == [carrier] and after.nodes[0].attrs["activation"] == activation
    assert after.outputs == before.outputs
    same_function(before, after, 0)


@given(st.data(), seeds)
@few
def test_chains_of_clamps(data: Any, seed: int) -> None:
    """Any chain of clamps is the same function afterwards, and one that is a fused clamp is one."""
    net = Net(seed)
    y = net.op("MUL", net.input("x", (1, 4, 4, 3)), net.random(low=-9, high=9))
    low, high = float("-inf"), float("inf")
    for _ in range(data.draw(st.integers(1, 4))):
        op = data.draw(st.sampled_from([*FUSED, "RELU_0_TO_1", "MAXIMUM", "MINIMUM"]))
        if op in ("MAXIMUM", "MINIMUM"):
            bound = data.draw(st.sampled_from([-1.0, 0.0, 1.0, 6.0, 2.5]))
            operands = [y, net.random(*data.draw(st.sampled_from([(), (1,), (1, 1)])), low=bound, high=bound)]
            y = net.op(op, *(operands if data.draw(st.booleans()) else operands[::-1]))
            first, last = (bound, float("inf")) if op == "MAXIMUM" else (float("-inf"), bound)
        else:
            y = net.op(op, y)
            first, last = {"RELU": (0, float("inf")), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1), "RELU_0_TO_1": (0, 1)}[
                op
            ]
        low, high = (max(low, first), min(high, last)) if low <= last and first <= high else (float("nan"),) * 2
    before = net.finish([y])
    after = fuse_activation(before)
    same_function(before, after, seed)
    if (low, high) in ((0, float("inf")), (0, 6), (-1, 1)):
        assert len(operators(after)) <= len(operators(before))
        only_relus = not {"MAXIMUM", "MINIMUM"}.intersection(operators(before))
        assert not only_relus or operators(after) == ["MUL"]


def test_a_clip_of_two_constants() -> None:
    """What a converter writes for clamp(x, 0, 6)."""
    net = Net(1)
    y = net.conv(net.input("x", (1, 4, 4, 3)), 3)
    y = net.op("MINIMUM", net.op("MAXIMUM", y, net.random(low=0, high=0)), net.random(low=6, high=6))
    before = net.finish([y])
    after = fuse_activation(before)
    assert operators(after) == ["CONV_2D"] and after.nodes[0].attrs["activation"] == "RELU6"
    same_function(before, after, 1)


def test_several_readers_and_graph_outputs_stay() -> None:
    net = Net(2)
    y = net.conv(net.input("x", (1, 4, 4, 3)), 3)
    z = net.dense(y, 2)
    before = net.finish([net.op("RELU", y), z, net.op("RELU", z)])
    after = fuse_activation(before)
    assert after.nodes == before.nodes


@pytest.mark.parametrize("same_grid", [True, False])
def test_a_rounded_tensor_between_stays(same_grid: bool) -> None:
    """RELU on the grid of its own output commutes with rounding; on another it does not."""
    net = Net(3)
    before = net.finish([net.op("RELU", net.conv(net.input("x", (1, 4, 4, 3)), 3))])
    tensors = dict(before.tensors)
    for node, scale in zip(before.nodes, (0.1, 0.1 if same_grid else 0.05), strict=True):
        quant = Quantization((scale,), (0,))
        tensors[node.outputs[0]] = replace(tensors[node.outputs[0]], quant=quant, stored=DType.INT8)
    after = fuse_activation(replace(before, tensors=tensors))
    assert operators(after) == (["CONV_2D"] if same_grid else ["CONV_2D", "RELU"])
