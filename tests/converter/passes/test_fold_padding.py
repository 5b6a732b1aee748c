"""PAD becomes explicit padding, and explicit padding gets a name where it has one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.passes.fold_padding import fold_padding
from floats import Net, few, operators, same_function, seeds
from hypothesis import given
from hypothesis import strategies as st


def pad(net: Net, x: str, rows: tuple[int, int], columns: tuple[int, int], value: float | None = None) -> str:
    margins = [net.constant("margins", np.array([(0, 0), rows, columns, (0, 0)], np.int32))]
    if value is None:
        return net.op("PAD", x, *margins)
    return net.op("PADV2", x, *margins, net.constant("fill", np.float32(value)))


@given(st.data(), seeds)
@few
def test_into_convolutions(data: Any, seed: int) -> None:
    """Whatever the convolution's own padding, stride and dilation are."""
    net = Net(seed)
    size, margin = st.integers(7, 10), st.tuples(st.integers(0, 2), st.integers(0, 2))
    x = net.input("x", (1, data.draw(size), data.draw(size), 2))
    y = pad(net, x, data.draw(margin), data.draw(margin), data.draw(st.sampled_from([None, 0.0])))
    padding = data.draw(st.sampled_from(["SAME", "VALID", ((0, 0), (0, 0))]))
    pair = st.tuples(st.integers(1, 2), st.integers(1, 3))
    attrs = dict(padding=padding, stride=data.draw(pair), dilation=data.draw(pair), activation="NONE")
    if data.draw(st.booleans()):
        y = net.node("conv", "CONV_2D", [y, net.random(3, 3, 3, 2)], attrs)
    else:
        y = net.node("conv", "DEPTHWISE_CONV_2D", [y, net.random(1, 3, 3, 4)], {**attrs, "depth_multiplier": 2})
    before = net.finish([y])
    after = fold_padding(before)
    # Padding as wide as the window's reach would stay outside; only on top of SAME can it become so here.
    assert len(after.nodes) == 1 or padding == "SAME"
    same_function(before, after, seed)


@pytest.mark.parametrize(
    ("size", "stride", "margins", "name"),
    [
        (8, 1, (1, 1), "SAME"),
        (9, 2, (1, 1), "SAME"),
        (8, 2, (0, 1), "SAME"),
        (8, 2, (1, 1), ((1, 1), (1, 1))),
        (8, 1, (0, 0), "VALID"),
        (8, 2, (0, 0), "VALID"),
        (8, 1, (2, 0), ((2, 0), (2, 0))),
    ],
)
def test_names_of_explicit_padding(size: int, stride: int, margins: tuple[int, int], name: Any) -> None:
    net = Net(0)
    before = net.finish([net.conv(net.input("x", (1, size, size, 2)), 3, 3, (margins, margins), stride)])
    after = fold_padding(before)
    assert after.nodes[0].attrs["padding"] == name
    same_function(before, after, 0)


POOL = dict(padding="VALID", stride=(2, 2), filter=(3, 3), activation="NONE")


@pytest.mark.parametrize("value", [None, -np.inf, float(np.finfo(np.float32).min)])
@pytest.mark.parametrize("clamp", ["RELU", "RELU6", "TANH"])
def test_into_a_maximum(clamp: str, value: float | None) -> None:
    """Zeros only where nothing is negative, the lowest value always."""
    net = Net(1)
    y = pad(net, net.op(clamp, net.input("x", (1, 7, 7, 2))), (1, 1), (1, 1), value)
    before = net.finish([net.op("MAX_POOL_2D", y, **POOL)])
    after = fold_padding(before)
    exact = value is not None or clamp != "TANH"
    assert operators(after) == ([clamp, "MAX_POOL_2D"] if exact else [clamp, "PAD", "MAX_POOL_2D"])
    same_function(before, after, 1)


def test_an_average_counts_the_zeros_that_it_is_given() -> None:
    net = Net(2)
    y = pad(net, net.op("RELU", net.input("x", (1, 7, 7, 2))), (1, 1), (1, 1))
    before = net.finish([net.op("AVERAGE_POOL_2D", y, **POOL)])
    assert fold_padding(before).nodes == before.nodes


def test_every_reader_or_none() -> None:
    net = Net(3)
    x = net.input("x", (1, 7, 7, 2))
    both, one, output = (pad(net, x, (1, 1), (1, 1)) for _ in range(3))
    outputs = [net.conv(both, 2, 3, "VALID"), net.conv(both, 2, 5, "VALID"), net.conv(one, 2, 3, "VALID")]
    before = net.finish([*outputs, net.op("TANH", one), net.conv(output, 1, 3, "VALID"), output])
    after = fold_padding(before)
    assert sorted(operators(after)) == ["CONV_2D"] * 4 + ["PAD", "PAD", "TANH"]
    same_function(before, after, 3)


@pytest.mark.parametrize("margins", [[(1, 0), (0, 0), (0, 0), (0, 0)], [(0, 0), (1, 1), (0, 0), (1, 0)]])
def test_padded_channels_and_batches_stay(margins: list[tuple[int, int]]) -> None:
    net = Net(4)
    y = net.op("PAD", net.input("x", (1, 7, 7, 2)), net.constant("margins", np.array(margins, np.int32)))
    before = net.finish([net.conv(y, 2, 3, "VALID")])
    assert fold_padding(before).nodes == before.nodes
