"""Transposes leave channels-first graphs, and the function stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph, Quantization
from bitwright.converter.passes.layout import remove_transposes
from floats import Net, close, few, operators, random_inputs, run_model, same_function, seeds
from hypothesis import given
from hypothesis import strategies as st

LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def channels_first(net: Net, function: Any, source: str, *arguments: Any) -> str:
    """A channels-last operator on a channels-first tensor, as the frontends write it."""
    return net.turned(function(net.turned(source, *LAST), *arguments), *FIRST)


def pool(net: Net, source: str) -> str:
    return net.op("MAX_POOL_2D", source, padding="VALID", stride=(2, 2), filter=(2, 2), activation="NONE")


# -- what leaves no transpose --------------------------------------------------------------------------------------


def _residual(net: Net, x: str) -> str:
    first = net.op("RELU", channels_first(net, net.conv, x, 6))
    second = channels_first(net, net.conv, first, 6)
    return net.op("ADD", first, second, activation="NONE")


def _concat_split(net: Net, x: str) -> str:
    parts = [channels_first(net, net.conv, x, 4), channels_first(net, net.conv, x, 8)]
    joined = net.op("CONCATENATION", *parts, axis=1)
    axis = net.constant("axis", np.int32(1))
    left, right = net.nodes("split", "SPLIT", [axis, joined], {"num_splits": 2}, outputs=2)
    return channels_first(net, net.conv, net.op("MUL", left, right, activation="NONE"), 3)


def _pad_slice(net: Net, x: str) -> str:
    y = channels_first(net, net.conv, x, 4)
    y = net.op("PAD", y, net.constant("margins", np.array([[0, 0], [1, 0], [2, 1], [0, 3]], np.int32)))
    begin, size = np.array([0, 1, 0, 2], np.int32), np.array([1, 4, -1, 3], np.int32)
    y = net.op("SLICE", y, net.constant("begin", begin), net.constant("size", size))
    masks = dict(ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0, begin_mask=1, end_mask=4)
    cut = [net.constant(n, np.array(v, np.int32)) for n, v in (("b", [0, 1, 1]), ("e", [1, 4, 0]), ("s", [1, 1, 2]))]
    y = net.op("STRIDED_SLICE", y, *cut, **masks)
    return channels_first(net, net.conv, y, 2)


def _means(net: Net, x: str) -> str:
    y = channels_first(net, net.conv, x, 4)
    gate = net.op("MEAN", y, net.constant("hw", np.array([2, 3], np.int32)), keep_dims=True)
    gate = channels_first(net, net.conv, gate, 4, 1)
    y = net.op("MUL", y, net.op("LOGISTIC", gate), activation="NONE")
    return net.dense(net.op("MEAN", y, net.constant("wh", np.array([-1, -2], np.int32)), keep_dims=False), 5)


def _flatten(net: Net, x: str) -> str:
    y = net.turned(pool(net, net.turned(channels_first(net, net.conv, x, 4), *LAST)), *FIRST)
    flat = net.reshape("flatten", y, (1, int(np.prod(net.shape(y)))))
    return net.dense(net.op("RELU", flat), 7)


def _constants(net: Net, x: str) -> str:
    channels, height, width = net.shape(x)[1:]
    y = net.op("MUL", x, net.random(channels, 1, 1), activation="NONE")
    y = net.op("ADD", net.random(1, 1, height, width), y, activation="NONE")
    y = net.op("PRELU", y, net.random(channels, 1, 1))
    return channels_first(net, net.conv, y, 3)


def _one_dimensional(net: Net, x: str) -> str:
    """[N, C, L] through CONV_2D over [N, 1, L, C]."""
    channels = net.shape(x)[1]
    y = net.reshape("line", x, (1, channels, net.shape(x)[2] * net.shape(x)[3]))
    for units in (4, 6):
        last = net.turned(y, 0, 2, 1)
        image = net.reshape(net.name("image"), last, (1, 1, *net.shape(last)[1:]))
        out = net.conv(image, units, 1)
        y = net.turned(net.reshape(net.name("line"), out, (1, *net.shape(out)[2:])), 0, 2, 1)
    return net.op("MEAN", y, net.constant("l", np.array([2], np.int32)), keep_dims=False)


WITHOUT = [_residual, _concat_split, _pad_slice, _means, _flatten, _constants, _one_dimensional]


@pytest.mark.parametrize("build", WITHOUT, ids=lambda build: build.__name__.strip("_"))
@pytest.mark.parametrize("seed", range(3))
def test_no_transpose_is_left(build: Any, seed: int) -> None:
    net = Net(seed)
    rng = np.random.default_rng(seed)
    x = net.input("x", (1, int(rng.integers(2, 5)), int(rng.integers(6, 9)), int(rng.integers(6, 9))))
    before = net.finish([build(net, x)])
    after = remove_transposes(before)
    assert "TRANSPOSE" in operators(before) and "TRANSPOSE" not in operators(after)
    assert after.inputs == before.inputs and after.outputs == before.outputs
    same_function(before, after, seed)


# -- what has to stay ----------------------------------------------------------------------------------------------


def test_a_channel_shuffle_keeps_one_transpose_of_channels() -> None:
    net = Net(0)
    x = net.input("x", (1, 6, 4, 5))
    y = channels_first(net, net.conv, x, 6)
    y = net.turned(net.reshape("groups", y, (1, 2, 3, 4, 5)), 0, 2, 1, 3, 4)
    y = channels_first(net, net.conv, net.reshape("channels", y, (1, 6, 4, 5)), 2)
    before = net.finish([y])
    after = remove_transposes(before)
    assert operators(after) == ["CONV_2D", "RESHAPE", "TRANSPOSE", "RESHAPE", "CONV_2D"]
    permutation = after.tensor(after.nodes[2].inputs[1]).value()
    assert permutation.tolist() == [0, 1, 2, 4, 3]
    same_function(before, after, 0)


def test_a_flat_output_is_in_the_models_order() -> None:
    net = Net(1)
    x = net.input("x", (1, 3, 4, 5))
    y = channels_first(net, net.conv, x, 2)
    before = net.finish([net.reshape("flat", y, (1, 40))])
    after = remove_transposes(before)
    assert operators(after) == ["CONV_2D", "TRANSPOSE", "RESHAPE"] and not after.edges.get("flat")
    same_function(before, after, 1)


def test_inputs_and_outputs_are_turned_by_the_host() -> None:
    net = Net(2)
    x = net.input("x", (1, 3, 4, 5))
    before = net.finish([channels_first(net, net.conv, x, 2)])
    after = remove_transposes(before)
    assert operators(after) == ["CONV_2D"]
    assert after.edges[after.inputs[0]].permutation == LAST and after.edges[after.outputs[0]].permutation == LAST
    assert after.tensor(after.inputs[0]).shape == (1, 4, 5, 3)


def test_channels_last_graphs_are_left_alone() -> None:
    net = Net(3)
    x = net.input("x", (1, 4, 5, 3))
    before = net.finish([net.dense(net.reshape("flat", net.conv(x, 2), (1, 40)), 3)])
    after = remove_transposes(before)
    assert after.nodes == before.nodes and not after.edges


def test_a_network_of_one_transpose() -> None:
    net = Net(4)
    before = net.finish([net.turned(net.input("x", (1, 2, 3, 4)), *LAST)])
    after = remove_transposes(before)
    same_function(before, after, 4)


def test_swapped_operands_of_a_product_are_flags() -> None:
    net = Net(5)
    q, k = net.input("q", (1, 4, 3)), net.input("k", (1, 5, 3))
    before = net.finish([net.op("BATCH_MATMUL", q, net.turned(k, 0, 2, 1), adj_x=False, adj_y=False)])
    after = remove_transposes(before)
    assert operators(after) == ["BATCH_MATMUL"] and after.nodes[0].attrs["adj_y"]
    same_function(before, after, 5)


# -- random graphs -------------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: Any) -> Graph:
    """Random operators on random earlier tensors, in random orders of dimensions."""
    net = Net(draw(seeds))
    tensors = [net.input(f"x{i}", (1, draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 5))))
               for i in range(draw(st.integers(1, 2)))]  # fmt: skip
    for _ in range(draw(st.integers(2, 12))):
        tensors += draw(st.sampled_from(_STEPS))(net, draw, draw(st.sampled_from(tensors)), tensors)
    outputs = draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3, unique=True))
    return net.finish([name for name in outputs if name not in ("x0", "x1")] or [net.op("RELU", tensors[-1])])


def _turn(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    rest = draw(st.permutations(range(1, len(net.shape(x)))))
    return [net.turned(x, 0, *rest)]


def _function(net: Net, _draw: Any, x: str, _all: Any) -> list[str]:
    return [net.op("TANH", x)]


def _combine(net: Net, draw: Any, x: str, tensors: list[str]) -> list[str]:
    same = [other for other in tensors if net.shape(other) == net.shape(x)]
    return [net.op(draw(st.sampled_from(["ADD", "MUL", "MAXIMUM"])), x, draw(st.sampled_from(same)))]


def _scale(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    shape = [draw(st.sampled_from([1, size])) for size in net.shape(x)]
    return [net.op("SUB", net.random(*shape[draw(st.integers(0, len(shape))) :]), x)]


def _fold(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    """Merge two dimensions, or split one."""
    shape = list(net.shape(x))
    axis = draw(st.integers(1, len(shape) - 1))
    if axis + 1 < len(shape) and draw(st.booleans()):
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    elif len(shape) < 6:
        part = draw(st.sampled_from([d for d in range(1, shape[axis] + 1) if shape[axis] % d == 0]))
        shape[axis : axis + 1] = [part, shape[axis] // part]
    return [net.reshape(net.name("reshape"), x, shape)]


def _flat(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    flat = net.reshape(net.name("flat"), x, (1, int(np.prod(net.shape(x)))))
    return [net.dense(net.op("TANH", flat), 3)] if draw(st.booleans()) else [flat]


def _convolve(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    return [net.conv(x, draw(st.integers(1, 4)))] if len(net.shape(x)) == 4 else [x]


def _reduce(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    axes = draw(st.sets(st.integers(1, len(net.shape(x)) - 1), min_size=1))
    if len(axes) + 2 > len(net.shape(x)):
        return [x]
    axis = net.constant(net.name("axes"), np.array(sorted(axes), np.int32))
    return [net.op(draw(st.sampled_from(["MEAN", "REDUCE_MAX"])), x, axis, keep_dims=draw(st.booleans()))]


def _join(net: Net, draw: Any, x: str, tensors: list[str]) -> list[str]:
    same = [other for other in tensors if net.shape(other) == net.shape(x)]
    others = draw(st.lists(st.sampled_from(same), min_size=1, max_size=2))
    op = draw(st.sampled_from(["CONCATENATION", "PACK"])) if len(net.shape(x)) < 6 else "CONCATENATION"
    return [net.op(op, x, *others, axis=draw(st.integers(1, len(net.shape(x)) - 1)))]


def _part(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    axis = draw(st.integers(1, len(net.shape(x)) - 1))
    size = net.shape(x)[axis]
    if draw(st.booleans()):
        index = np.array(draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=4)), np.int32)
        return [net.op("GATHER", x, net.constant(net.name("index"), index), axis=axis, batch_dims=0)]
    if len(net.shape(x)) > 2 and size < 5:
        return net.nodes(net.name("unpack"), "UNPACK", [x], {"axis": axis, "num": size}, outputs=size)
    axis_name = net.constant(net.name("axis"), np.int32(axis - len(net.shape(x))))
    return net.nodes(net.name("split"), "SPLIT", [axis_name, x], {"num_splits": size}, outputs=size)


def _soften(net: Net, _draw: Any, x: str, _all: Any) -> list[str]:
    return [net.op("SOFTMAX", x, beta=1.0)]


def _normalize(net: Net, _draw: Any, x: str, _all: Any) -> list[str]:
    return [net.batch_norm(x)]


def _project(net: Net, draw: Any, x: str, _all: Any) -> list[str]:
    return [net.dense(x, draw(st.integers(1, 4)))]


_STEPS = [
    _turn, _turn, _turn, _function, _combine, _scale, _fold, _flat, _convolve, _convolve, _reduce, _join, _part,
    _soften, _normalize, _project,
]  # fmt: skip


@given(graphs(), seeds)
@few
def test_random_graphs(before: Graph, seed: int) -> None:
    after = remove_transposes(before)
    assert operators(after).count("TRANSPOSE") <= operators(before).count("TRANSPOSE") + len(before.nodes)
    same_function(before, after, seed)


# -- grids ---------------------------------------------------------------------------------------------------------


def with_grids(graph: Graph, seed: int, share: float) -> Graph:
    """The graph with grids on some of its activations and all of its convolutions' weights."""
    rng = np.random.default_rng(seed)
    tensors = dict(graph.tensors)
    for name, tensor in graph.tensors.items():
        if tensor.dtype is DType.FLOAT32 and tensor.data is None and rng.random() < share:
            quant = Quantization((float(np.float32(rng.uniform(0.01, 0.1))),), (int(rng.integers(-20, 20)),))
            tensors[name] = replace(tensor, quant=quant, stored=DType.INT8)
    for node in graph.nodes:
        if node.op in ("CONV_2D", "FULLY_CONNECTED"):
            weights = graph.tensor(node.inputs[1])
            units = weights.shape[0]
            scales = tuple(float(s) for s in rng.uniform(0.01, 0.05, units).astype(np.float32))
            quant = Quantization(scales, (0,) * units, 0)
            tensors[weights.name] = replace(weights, quant=quant, stored=DType.INT8)
    return replace(graph, tensors=tensors)


@given(graphs(), seeds, st.sampled_from([0.3, 1.0]))
@few
def test_what_is_rounded_is_rounded_the_same(before: Graph, seed: int, share: float) -> None:
    """Grids stay with their tensors: nothing is rounded that was not, and nothing that was is left as it is."""
    before = with_grids(before, seed, share)
    after = remove_transposes(before)
    inputs = random_inputs(before, seed)
    for ours, expected in zip(run_model(after, inputs, simulate=True), run_model(before, inputs, True), strict=True):
        close(ours, expected)
