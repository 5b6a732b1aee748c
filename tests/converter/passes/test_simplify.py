"""All passes in order on networks as the frontends write them."""

from __future__ import annotations

import numpy as np
import pytest
from bitwright.converter.simplify import simplify
from bitwright.errors import ModelError
from floats import Net, operators, same_function

LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


@pytest.mark.parametrize("seed", range(4))
def test_a_residual_network(seed: int) -> None:
    """conv, batch norm, relu, residual sum, pool, flatten and a classifier become seven operators."""
    net = Net(seed)

    def block(x: str, units: int, relu: bool) -> str:
        y = net.turned(x, *LAST)
        y = net.op("PAD", y, net.constant("margins", np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)))
        y = net.batch_norm(net.turned(net.turned(net.conv(y, units, padding="VALID"), *FIRST), *LAST))
        y = net.turned(y, *FIRST)
        return net.op("RELU", y) if relu else y

    x = net.input("x", (1, 3, 8, 9))
    y = block(x, 6, True)
    y = net.op("RELU", net.op("ADD", block(block(y, 4, True), 6, False), y, activation="NONE"))
    y = net.op(
        "AVERAGE_POOL_2D", net.turned(y, *LAST), padding="VALID", stride=(2, 2), filter=(2, 2), activation="NONE"
    )
    y = net.turned(y, *FIRST)
    y = net.op("SOFTMAX", net.dense(net.reshape("flat", y, (1, int(np.prod(net.shape(y))))), 10), beta=1.0)
    before = net.finish([y])
    after = simplify(before)
    assert operators(after) == [
        "CONV_2D", "CONV_2D", "CONV_2D", "ADD", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"
    ]  # fmt: skip
    assert [n.attrs["padding"] for n in after.nodes[:3]] == ["SAME"] * 3
    assert [n.attrs["activation"] for n in after.nodes[:4]] == ["RELU", "RELU", "NONE", "RELU"]
    same_function(before, after, seed)


def test_functions_are_recognized_before_their_constants_fold() -> None:
    """conv, batch norm, hard sigmoid in parts: its sum must not become a part of the convolution's bias."""
    net = Net(0)
    y = net.batch_norm(net.conv(net.input("x", (1, 4, 4, 2)), 3))
    y = net.op("RELU6", net.op("ADD", y, net.constant("three", np.float32(3))))
    before = net.finish([net.op("MUL", y, net.constant("sixth", np.float32(1 / 6)))])
    after = simplify(before)
    assert operators(after) == ["CONV_2D", "HARD_SIGMOID"]
    same_function(before, after, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(value: float) -> None:
    net = Net(0)
    graph = net.finish([net.batch_norm(net.conv(net.input("x", (1, 4, 4, 2)), 3))])
    graph.tensor(graph.nodes[0].inputs[1]).value()[0, 0, 0, 0] = value
    with pytest.raises(ModelError, match=r"conv_2d\d+ \(CONV_2D\): 'constant1_1' holds NaN or infinite values"):
        simplify(graph)
