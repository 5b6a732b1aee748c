"""Decoders: a fully connected layer writes its units in the order of the image that they become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import DType, Graph, Quantization
from bitwright.converter.passes.reorder_units import reorder_units
from floats import Net, close, operators, random_inputs, same_function

SHAPE = (1, 3, 4, 5)


def decoder(net: Net, order: tuple[int, ...], function: str | None = "RELU") -> str:
    y = net.dense(net.input("x", (1, 6)), int(np.prod(SHAPE)))
    y = net.reshape("image", net.op(function, y) if function else y, SHAPE)
    return net.turned(y, *order)


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 3, 2, 1), (0, 1, 3, 2)])
@pytest.mark.parametrize("function", ["RELU", None])
def test_the_transpose_is_gone(order: tuple[int, ...], function: str | None) -> None:
    net = Net(0)
    before = net.finish([net.conv(decoder(net, order, function), 2)])
    after = reorder_units(before)
    assert operators(after) == [op for op in operators(before) if op != "TRANSPOSE"]
    same_function(before, after, 0)


def test_grids_of_rows_follow() -> None:
    """Weights with a scale per unit: the simulated networks are equal, too."""
    net = Net(1)
    before = net.finish([decoder(net, (0, 2, 3, 1))])
    weights = before.tensor(before.nodes[0].inputs[1])
    scales = tuple(float(s) for s in np.random.default_rng(1).uniform(0.05, 0.3, 60).astype(np.float32))
    rounded = replace(weights, quant=Quantization(scales, (0,) * 60, 0), stored=DType.INT8)
    before = replace(before, tensors={**before.tensors, weights.name: rounded})
    after = reorder_units(before)
    inputs = random_inputs(before, 1)
    close(run_float(after, inputs, simulate=True)[0], run_float(before, inputs, simulate=True)[0])


def read_twice(net: Net) -> Graph:
    y = net.dense(net.input("x", (1, 6)), 60)
    return net.finish([net.turned(net.reshape("image", y, SHAPE), 0, 2, 3, 1), net.op("TANH", y)])


def batch_moves(net: Net) -> Graph:
    return net.finish([decoder(net, (1, 0, 2, 3))])


def several_rows(net: Net) -> Graph:
    y = net.dense(net.input("x", (4, 6)), 15)
    return net.finish([net.turned(net.reshape("image", y, SHAPE), 0, 2, 3, 1)])


@pytest.mark.parametrize("build", [read_twice, batch_moves, several_rows])
def test_stays(build: object) -> None:
    before = build(Net(2))  # type: ignore[operator]
    assert reorder_units(before).nodes == before.nodes
