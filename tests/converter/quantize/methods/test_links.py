"""Which channels can be scaled, and that scaling them changes nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph
from bitwright.converter.quantize.methods.links import find_links, scaled
from chains import WINDOW, Chain, mobile, weights
from floats import close, same_function
from hypothesis import given, settings
from hypothesis import strategies as st

#: What may stand between two layers, by name: from a chain to a longer chain.
BETWEEN = {
    "nothing": lambda c: c,
    "relu": lambda c: c.op("RELU"),
    "leaky": lambda c: c.op("LEAKY_RELU", alpha=0.1),
    "prelu": lambda c: c.op("PRELU", c.b.constant("slopes", c.rng.uniform(-1, 1, c.b.shape(c.last)[-1:]))),
    "abs": lambda c: c.op("ABS"),
    "max pool": lambda c: c.op("MAX_POOL_2D", padding="SAME", stride=(2, 2), filter=(3, 3)),
    "average pool": lambda c: c.op("AVERAGE_POOL_2D", padding="SAME", stride=(1, 1), filter=(2, 2)),
    "pad": lambda c: c.op("PAD", c.b.constant("p", np.array([[0, 0], [1, 0], [0, 2], [0, 0]], np.int32))),
    "nearest": lambda c: c.op(
        "RESIZE_NEAREST_NEIGHBOR", c.b.constant("s", np.array([11, 5], np.int32)), align_corners=False,
        half_pixel_centers=True,
    ),
    "times": lambda c: c.op("MUL", c.b.constant("m", c.rng.normal(0, 1, c.b.shape(c.last)[1:])), activation="NONE"),
    "depthwise": lambda c: c.depthwise("between", 2, "NONE"),
}  # fmt: skip


def names(graph: Graph) -> list[tuple[str, tuple[str, ...]]]:
    return [(link.producer, link.consumers) for link in find_links(graph)]


def with_random_factors(graph: Graph, seed: int = 0) -> Graph:
    rng, links = np.random.default_rng(seed), find_links(graph)
    return scaled(graph, links, {link.producer: 10 ** rng.uniform(-2, 2, link.channels) for link in links})


@pytest.mark.parametrize("name", BETWEEN)
@given(seed=st.integers(0, 2**16), flat=st.booleans(), activation=st.sampled_from(["NONE", "RELU"]))
@settings(max_examples=8, deadline=None)
def test_scaling_keeps_the_function(name: str, seed: int, flat: bool, activation: str) -> None:
    chain = BETWEEN[name](Chain(seed, (1, 6, 7, 2)).conv("first", 4, 3, activation))
    if not flat:
        chain = chain.conv("second", 3, 3, "NONE", stride=(2, 2)).mean()
    graph = chain.dense("last", 5).finish()
    links = find_links(graph)
    assert len(links) == (1 if flat else 2) + (name == "depthwise")
    same_function(graph, with_random_factors(graph, seed), seed)


def test_a_chain_is_linked_throughout() -> None:
    layers = ["stem", "dw1", "pw1", "dw2", "pw2", "head"]
    assert names(mobile()) == [(a, (b,)) for a, b in pairwise(layers)]
    changed = with_random_factors(mobile())
    same_function(mobile(), changed, 0)
    assert np.abs(weights(changed, "dw1") - weights(mobile(), "dw1")).max() > 0.1


@pytest.mark.parametrize("op", ["RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "SQUARE"])
def test_functions_that_are_not_homogeneous_end_a_link(op: str) -> None:
    if op in ("LOGISTIC", "TANH", "HARD_SWISH"):
        graph = Chain(0).conv("first", 4, 1, "NONE").op(op).conv("second", 4).finish()
        assert names(graph) == []
    fused = "RELU6" if op == "RELU6" else "RELU_N1_TO_1"
    assert names(Chain(0).conv("first", 4, 1, fused).conv("second", 4).finish()) == []


def test_all_readers_take_part_or_none() -> None:
    """A fork into layers is one link; a reader that needs the values as they are, or a graph output, prevents it."""
    for extra in ("layer", "add", "output", "bias"):
        c = Chain(0).conv("first", 4)
        fork = c.last
        c.depthwise("left")
        left = c.last
        c.last = fork
        right = c.conv("right", 4).last if extra == "layer" else fork
        c.last = left
        if extra in ("layer", "add"):
            graph = c.op("ADD", right, activation="NONE").finish()
        elif extra == "output":
            graph = c.b.finish([left, fork])
        else:  # an activation in the place of another layer's bias
            graph = c.b.finish([c.b.node("odd", "FULLY_CONNECTED", [left, c.b.constant("w", np.eye(4)), fork], {})])
        expected = [("first", ("left", "right"))] if extra == "layer" else []
        assert [link for link in names(graph) if link[0] == "first"] == expected
        if extra != "bias":  # which nothing computes
            same_function(graph, with_random_factors(graph), 1)


def test_channels_that_do_not_stay_in_place_end_a_link() -> None:
    c = Chain(0).conv("first", 4)
    over = c.op("MEAN", c.b.constant("axes", np.array([3], np.int32)), keep_dims=False).dense("second", 4).finish()
    c = Chain(0).conv("first", 4)
    margins = c.b.constant("p", np.array([[0, 0], [0, 0], [0, 0], [2, 2]], np.int32))
    padded = c.op("PAD", margins).conv("second", 4).finish()
    c = Chain(0, (1, 3, 3, 3)).conv("first", 4)
    parted = c.op("RESHAPE", new_shape=(1, 6, 6)).dense("second", 4).finish()
    c = Chain(0).conv("first", 4)
    turned = c.op("TRANSPOSE", c.b.constant("t", np.array([0, 3, 1, 2], np.int32))).conv("second", 4).finish()
    c = Chain(0, (1, 6, 6, 3)).conv("first", 4)  # rows of six values, which do not hold whole groups of channels
    cut = c.layer("FULLY_CONNECTED", "second", c.rng.normal(0, 1, (5, 6)), None, "NONE").finish()
    assert names(over) == names(padded) == names(parted) == names(turned) == names(cut) == []


def test_transposed_convolutions_are_layers() -> None:
    rng = np.random.default_rng(0)
    c = Chain(0, (1, 4, 4, 3)).conv("first", 4)
    shape, w = c.b.constant("s", np.array([1, 8, 8, 5], np.int32)), c.b.constant("w", rng.normal(0, 1, (5, 3, 3, 4)))
    inputs = [shape, w, c.last, c.b.constant("b", rng.normal(0, 1, 5))]
    attrs = {"padding": "SAME", "stride": (2, 2), "activation": "NONE"}
    c.last = c.b.node("up", "TRANSPOSE_CONV", inputs, attrs)
    graph = c.conv("last", 3).finish()
    assert names(graph) == [("first", ("up",)), ("up", ("last",))]
    same_function(graph, with_random_factors(graph), 0)


def test_constants_that_layers_share_part_ways() -> None:
    b = GraphBuilder("shared")
    w, bias = b.constant("w", np.random.default_rng(0).normal(0, 1, (4, 1, 1, 4))), b.constant("b", np.ones(4))
    y = b.input("x", (1, 4, 4, 4))
    for name in ("first", "second", "third"):
        y = b.node(name, "CONV_2D", [y, w, bias], {**WINDOW, "activation": "RELU"})
    graph = b.finish([y])
    changed = with_random_factors(graph)
    same_function(graph, changed, 0)
    assert np.array_equal(graph.tensors["w"].value(), weights(graph, "third"))
    x = np.ones((1, 4, 4, 4), np.float32)
    close(run_float(changed, [x])[0], run_float(graph, [x])[0])
