"""Activations, arithmetic, normalizations and reductions against ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.errors import UnsupportedError
from floats import operators, seeds
from hypothesis import given
from hypothesis import strategies as st
from onnx_peer import few, model, node, normal, prove

SHAPE = [1, 3, 4, 5]

#: Operator, attributes, and what it becomes.
UNARY: list[tuple[str, dict[str, Any], list[str]]] = [
    ("Relu", {}, ["RELU"]),
    ("Sigmoid", {}, ["LOGISTIC"]),
    ("Tanh", {}, ["TANH"]),
    ("HardSwish", {}, ["HARD_SWISH"]),
    ("HardSigmoid", {"alpha": 1 / 6}, ["HARD_SIGMOID"]),
    ("HardSigmoid", {}, ["MUL", "ADD", "RELU_0_TO_1"]),
    ("LeakyRelu", {"alpha": 0.2}, ["LEAKY_RELU"]),
    ("LeakyRelu", {}, ["LEAKY_RELU"]),
    ("Elu", {"alpha": 0.7}, ["ELU"]),
    ("Gelu", {}, ["GELU"]),
    ("Gelu", {"approximate": "tanh"}, ["GELU"]),
    ("Abs", {}, ["ABS"]),
    ("Neg", {}, ["NEG"]),
    ("Exp", {}, ["EXP"]),
    ("Softmax", {}, ["SOFTMAX"]),
    ("Identity", {}, []),
    ("Dropout", {}, []),
]


@pytest.mark.parametrize(("op", "attributes", "expected"), UNARY)
def test_functions_of_one_value(op: str, attributes: dict[str, Any], expected: list[str]) -> None:
    data = model([node("Neg", ["x"], "n"), node(op, ["n"], **attributes)], {"x": SHAPE})
    assert operators(prove(data)) == ["NEG", *expected]


def test_square_roots() -> None:
    root = [node("Sqrt", ["x"], "r")]
    assert operators(prove(model([*root, node("Reciprocal", ["r"])], {"x": SHAPE}), low=0.1)) == ["RSQRT"]
    nodes = [*root, node("Neg", ["x"], "n"), node("Div", ["n", "r"])]
    assert operators(prove(model(nodes, {"x": SHAPE}), low=0.1)) == ["NEG", "RSQRT", "MUL"]
    assert operators(prove(model([node("Sqrt", ["x"])], {"x": SHAPE}), low=0.1)) == ["SQRT"]


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.0, 4.0, 0.5, -0.5])
def test_powers(exponent: float) -> None:
    nodes = [node("Abs", ["x"], "a"), node("Pow", ["a", "e"])]
    prove(model(nodes, {"x": SHAPE}, {"e": np.float32(exponent)}), low=0.1)


BOUNDS = [(0, None), (0, 6), (-1, 1), (0, 1), (-0.5, 0.25), (None, 0.5), (-0.5, None), (None, None), (0, np.inf)]


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("opset", [7, 21])
def test_clip(bounds: tuple[float | None, float | None], opset: int) -> None:
    """Bounds are attributes before opset 11."""
    if opset < 11:
        attributes = {k: float(v) for k, v in zip(("min", "max"), bounds, strict=True) if v is not None}
        prove(model([node("Clip", ["x"], **attributes)], {"x": SHAPE}, opset=opset))
        return
    constants = {k: np.float32(v) for k, v in zip(("lo", "hi"), bounds, strict=True) if v is not None}
    names = ["x", *(k if k in constants else "" for k in ("lo", "hi"))]
    prove(model([node("Clip", names)], {"x": SHAPE}, constants))


@pytest.mark.parametrize("slopes", [(), (1,), (3, 1, 1), (1, 3, 1, 1), (3, 4, 5)])
def test_prelu(slopes: tuple[int, ...]) -> None:
    values = np.abs(normal(np.random.default_rng(0), *slopes))
    prove(model([node("PRelu", ["x", "s"])], {"x": SHAPE}, {"s": np.asarray(values)}))


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, 3, -1])
def test_softmax(axis: int | None, opset: int) -> None:
    """Before opset 13 along everything from the axis on."""
    attributes = {} if axis is None else {"axis": axis}
    prove(model([node("Softmax", ["x"], **attributes)], {"x": SHAPE}, opset=opset))


@given(st.data(), seeds, st.sampled_from(["Add", "Sub", "Mul", "Div", "Max", "Min"]))
@few
def test_arithmetic_with_constants(data: Any, seed: int, op: str) -> None:
    """Of any shape that broadcasts, on either side."""
    rng = np.random.default_rng(seed)
    sizes = [data.draw(st.sampled_from([1, size])) for size in SHAPE][data.draw(st.integers(0, 4)) :]
    constant = np.asarray(rng.uniform(0.5, 2, sizes).astype(np.float32))
    operands = ["x", "c"] if op == "Div" or data.draw(st.booleans()) else ["c", "x"]
    prove(model([node(op, operands)], {"x": SHAPE}, {"c": constant}), seed)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Sum", "Max", "Min", "Mean"])
@pytest.mark.parametrize("shapes", [([1, 3, 4, 5], [1, 3, 4, 5]), ([1, 3, 4, 5], [1, 3, 1, 1]), ([4, 5], [1, 3, 4, 5])])
def test_arithmetic(op: str, shapes: tuple[list[int], list[int]]) -> None:
    prove(model([node(op, ["a", "b"])], dict(zip("ab", shapes, strict=True))))


def test_several_operands() -> None:
    for op in ("Sum", "Max", "Mean"):
        prove(model([node(op, ["a", "b", "c"])], {name: SHAPE for name in "abc"}))
        prove(model([node(op, ["a"])], {"a": SHAPE}))


def test_division_by_activations_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="square roots only"):
        read_onnx(model([node("Div", ["a", "b"])], {"a": SHAPE, "b": SHAPE}))


# -- normalization -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [[1, 3], [1, 3, 7], [1, 3, 4, 5]])
def test_batch_normalization(shape: list[int]) -> None:
    rng = np.random.default_rng(1)
    constants = {name: normal(rng, 3) for name in ("s", "b", "m")} | {"v": rng.uniform(0.5, 2, 3).astype(np.float32)}
    graph = prove(model([node("BatchNormalization", ["x", *constants], epsilon=1e-3)], {"x": shape}, constants))
    assert "BATCH_NORM" not in operators(graph)


def test_convolution_and_batch_normalization_are_one() -> None:
    rng = np.random.default_rng(2)
    constants = {name: normal(rng, 4) for name in ("s", "b", "m")} | {"v": rng.uniform(0.5, 2, 4).astype(np.float32)}
    constants["w"] = normal(rng, 4, 3, 3, 3)
    nodes = [
        node("Conv", ["x", "w"], "c", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["c", "s", "b", "m", "v"], "n"),
        node("Relu", ["n"]),
    ]
    graph = prove(model(nodes, {"x": SHAPE}, constants))
    assert operators(graph) == ["CONV_2D"] and graph.nodes[0].name == "node_c"
    assert graph.inputs == ("x",) and graph.outputs == ("y",)


@pytest.mark.parametrize("shape", [[1, 4, 6], [1, 4, 5, 6]])
def test_instance_and_group_normalization(shape: list[int]) -> None:
    rng = np.random.default_rng(3)
    constants = {"s": normal(rng, 4), "b": normal(rng, 4)}
    prove(model([node("InstanceNormalization", ["x", "s", "b"])], {"x": shape}, constants))
    group = node("GroupNormalization", ["x", "s", "b"], num_groups=2)
    prove(model([group], {"x": shape}, constants, opset=21))
    per_group = {"s": normal(rng, 2), "b": normal(rng, 2)}
    prove(model([group], {"x": shape}, per_group, opset=18))


@pytest.mark.parametrize("axis", [-1, -2, 1])
@pytest.mark.parametrize("bias", [True, False])
def test_layer_normalization(axis: int, bias: bool) -> None:
    shape = [1, 3, 4, 5]
    rng = np.random.default_rng(4)
    constants = {"s": normal(rng, *shape[axis:])} | ({"b": normal(rng, *shape[axis:])} if bias else {})
    graph = prove(model([node("LayerNormalization", ["x", *constants], axis=axis)], {"x": shape}, constants))
    assert [op for op in operators(graph) if op != "RESHAPE"] == ["LAYER_NORM"]


def test_layer_normalization_in_parts() -> None:
    """As exporters write it before opset 17."""
    nodes = [
        node("ReduceMean", ["x"], "m", axes=[-1]),
        node("Sub", ["x", "m"], "d"),
        node("Pow", ["d", "two"], "p"),
        node("ReduceMean", ["p"], "v", axes=[-1]),
        node("Add", ["v", "eps"], "r"),
        node("Sqrt", ["r"], "s"),
        node("Div", ["d", "s"]),
    ]
    graph = prove(model(nodes, {"x": [1, 6, 8]}, {"two": np.float32(2), "eps": np.float32(1e-5)}, opset=13))
    assert operators(graph) == ["LAYER_NORM"]


@pytest.mark.parametrize("half_first", [True, False])
@pytest.mark.parametrize("divide", [True, False])
def test_gelu_in_parts(half_first: bool, divide: bool) -> None:
    """As exporters write it before opset 20; its factors come in any order."""
    constants = {"r": np.float32(2**0.5 if divide else 0.5**0.5), "one": np.float32(1), "half": np.float32(0.5)}
    nodes = [
        node("Div" if divide else "Mul", ["x", "r"], "d"),
        node("Erf", ["d"], "e"),
        node("Add", ["e", "one"], "a"),
        node("Mul", ["half", "a"] if half_first else ["x", "a"], "m"),
        node("Mul", ["m", "x"] if half_first else ["m", "half"]),
    ]
    assert operators(prove(model(nodes, {"x": SHAPE}, constants, opset=13))) == ["GELU"]
    with pytest.raises(UnsupportedError, match="a part of GELU"):
        read_onnx(model(nodes, {"x": SHAPE}, {**constants, "one": np.float32(2)}, opset=13))


# -- reductions ----------------------------------------------------------------------------------------------------


@given(st.data(), seeds, st.sampled_from(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"]))
@few
def test_reductions(data: Any, seed: int, op: str) -> None:
    """Axes are an attribute before opset 18 (ReduceSum: 13)."""
    axes = data.draw(st.lists(st.integers(-3, 3).filter(bool), max_size=2, unique_by=lambda a: a % 4))
    axes = [axis for axis in axes if axis % 4]
    keep, opset = data.draw(st.integers(0, 1)), data.draw(st.sampled_from([11, 18]))
    convolved = node("Conv", ["x", "w"], "c")
    constants = {"w": normal(np.random.default_rng(seed), 2, 3, 1, 1)}
    if opset >= 18:
        constants |= {"axes": np.array(axes, np.int64)} if axes else {}
        reduced = node(op, ["c", "axes"] if axes else ["c"], keepdims=keep)
    else:
        reduced = node(op, ["c"], keepdims=keep, **({"axes": axes} if axes else {}))
    prove(model([convolved, reduced], {"x": SHAPE}, constants, opset=opset), seed)


@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axis", [1, -1])
def test_index_of_extremes(op: str, keep: int, axis: int) -> None:
    prove(model([node(op, ["x"], axis=axis, keepdims=keep)], {"x": SHAPE}))
