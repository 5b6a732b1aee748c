"""Functions that exporters take apart become one operator, and only those."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.ir import DType, Quantization
from bitwright.converter.passes.fuse_functions import fuse_functions
from floats import Net, operators, same_function


def number(net: Net, value: float) -> str:
    return net.constant(net.name("number"), np.float32(value))


def silu(net: Net, x: str) -> str:
    return net.op("MUL", net.op("LOGISTIC", x), x)


def hard_sigmoid(net: Net, x: str, fused: bool = False) -> str:
    y = net.op("ADD", x, number(net, 3), activation="RELU6" if fused else "NONE")
    return net.op("MUL", y if fused else net.op("RELU6", y), number(net, 1 / 6))


def hard_swish(net: Net, x: str) -> str:
    """The gate times x, then divided."""
    return net.op("MUL", net.op("MUL", x, net.op("RELU6", net.op("ADD", number(net, 3), x))), number(net, 1 / 6))


BUILDS = {
    "SILU": silu,
    "HARD_SIGMOID": hard_sigmoid,
    "HARD_SIGMOID with the clamp inside ADD": lambda net, x: hard_sigmoid(net, x, True),
    "HARD_SWISH": hard_swish,
    "HARD_SWISH of HARD_SIGMOID": lambda net, x: net.op("MUL", x, hard_sigmoid(net, x)),
}


@pytest.mark.parametrize("name", BUILDS)
def test_parts_become_one(name: str) -> None:
    net = Net(0)
    x = net.op("MUL", net.input("x", (1, 4, 4, 8)), number(net, 3))
    before = net.finish([BUILDS[name](net, x)])
    after = fuse_functions(before)
    assert operators(after) == ["MUL", name.split()[0]] and after.outputs == before.outputs
    same_function(before, after, 0)


def test_what_others_read_stays() -> None:
    net = Net(1)
    x = net.input("x", (1, 4))
    gate = net.op("LOGISTIC", x)
    other = net.op("ADD", x, number(net, 3))
    before = net.finish(
        [net.op("MUL", x, gate), gate, net.op("MUL", net.op("RELU6", other), number(net, 1 / 6)), other]
    )
    after = fuse_functions(before)
    assert after.nodes == before.nodes


def test_other_functions_stay() -> None:
    net = Net(2)
    x, y = net.input("x", (1, 4)), net.input("y", (1, 4))
    results = [net.op("MUL", y, net.op("LOGISTIC", x))]
    results.append(net.op("MUL", net.op("RELU6", net.op("ADD", x, number(net, 2))), number(net, 1 / 6)))
    results.append(net.op("MUL", net.op("RELU6", net.op("ADD", x, number(net, 3))), number(net, 1 / 5)))
    results.append(net.op("MUL", net.op("LOGISTIC", x), x, activation="RELU"))
    before = net.finish(results)
    assert fuse_functions(before).nodes == before.nodes


def test_values_that_are_rounded_in_between_stay() -> None:
    net = Net(3)
    before = net.finish([silu(net, net.input("x", (1, 4)))])
    gate = before.tensor(before.nodes[0].outputs[0])
    rounded = replace(gate, quant=Quantization((1 / 256,), (-128,)), stored=DType.INT8)
    before = replace(before, tensors={**before.tensors, gate.name: rounded})
    assert fuse_functions(before).nodes == before.nodes
