"""Operators that move elements, products of matrices, resizing and constants against ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.errors import ModelError, UnsupportedError
from floats import operators, seeds
from hypothesis import given
from hypothesis import strategies as st
from onnx_peer import few, helper, model, node, normal, onnx, prove

SHAPE = [1, 4, 6, 8]


def integers(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, np.int64)


def convolved(seed: int = 0) -> tuple[Any, dict[str, Any]]:
    """A convolution in front, so that what follows is stored channels-last."""
    return node("Conv", ["x", "w"], "c"), {"w": normal(np.random.default_rng(seed), 4, 4, 1, 1)}


def after_convolution(op: str, inputs: list[str], constants: dict[str, Any], opset: int = 21, **attributes: Any) -> Any:
    first, weights = convolved()
    return prove(model([first, node(op, ["c", *inputs], **attributes)], {"x": SHAPE}, weights | constants, opset=opset))


@pytest.mark.parametrize("shape", [[0, -1], [1, 4, 48], [-1, 2, 2, 6, 8], [1, 32, 6], [0, 0, 2, -1, 8]])
def test_reshape(shape: list[int]) -> None:
    after_convolution("Reshape", ["s"], {"s": integers(*shape)})


@pytest.mark.parametrize("axis", [0, 1, 2, -1, 4])
def test_flatten(axis: int) -> None:
    after_convolution("Flatten", [], {}, axis=axis)


@pytest.mark.parametrize("opset", [11, 13])
def test_squeeze_and_unsqueeze(opset: int) -> None:
    """Axes are an attribute before opset 13."""
    axes = [2, 4] if opset >= 13 else [2, -2]
    names, constants, attributes = ([], {}, {"axes": axes}) if opset < 13 else (["a"], {"a": integers(*axes)}, {})
    nodes = [
        node("Relu", ["x"], "c"),
        node("Unsqueeze", ["c", *names], "u", **attributes),
        node("Squeeze", ["u", *names], **attributes),
    ]
    prove(model(nodes, {"x": SHAPE}, constants, opset=opset))
    nodes[-1] = node("Neg", ["u"])
    prove(model(nodes, {"x": SHAPE}, constants, opset=opset))


@given(st.permutations(range(4)))
@few
def test_transpose(order: list[int]) -> None:
    after_convolution("Transpose", [], {}, perm=order)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_concatenation_and_split(axis: int) -> None:
    first, weights = convolved()
    nodes = [
        first,
        node("Concat", ["c", "x"], "j", axis=axis),
        node("Split", ["j"], ["y", "z"], axis=axis, num_outputs=2),
    ]
    prove(model(nodes, {"x": SHAPE}, weights, outputs=["y", "z"], opset=18))
    nodes[-1] = node("Split", ["j", "sizes"], ["y", "z"], axis=axis)
    total = 2 * SHAPE[axis]
    prove(model(nodes, {"x": SHAPE}, weights | {"sizes": integers(1, total - 1)}, outputs=["y", "z"]))
    nodes[-1] = node("Split", ["j"], ["y", "z"], axis=axis, split=[3, total - 3])
    prove(model(nodes, {"x": SHAPE}, weights, outputs=["y", "z"], opset=11))


@given(st.data(), seeds)
@few
def test_slice(data: Any, seed: int) -> None:
    """Any starts, ends and steps that leave something."""
    starts, ends, axes, steps = [], [], [], []
    for axis in range(1, 4):
        size = SHAPE[axis]
        step = data.draw(st.sampled_from([1, 1, 2, -1, -2]))
        start, end = data.draw(st.integers(-size - 2, size + 2)), data.draw(st.integers(-size - 2, size + 2))
        first, last = (v + size if v < 0 else v for v in (start, end))
        begin = min(max(first, 0), size if step > 0 else size - 1)
        if len(range(begin, min(max(last, 0 if step > 0 else -1), size), step)):
            starts, ends, axes, steps = [*starts, start], [*ends, end], [*axes, axis], [*steps, step]
    if axes:
        constants = {name: integers(*v) for name, v in zip("sead", (starts, ends, axes, steps), strict=True)}
        after_convolution("Slice", list("sead"), constants)


def test_slice_of_old() -> None:
    after_convolution("Slice", [], {}, opset=9, starts=[1, 0], ends=[3, 1000], axes=[1, 3])


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 3, 0], [0, 1, 0, 0, 0, 2, 0, 1], [0, -1, 1, 0, 0, 0, 0, -2]])
def test_pad(mode: str, pads: list[int]) -> None:
    after_convolution("Pad", ["p"], {"p": integers(*pads)}, mode=mode)
    if mode == "constant":
        constants = {"p": integers(1, 2), "v": np.float32(1.5), "a": integers(-1)}
        after_convolution("Pad", ["p", "v", "a"], constants)
        if min(pads) >= 0:
            after_convolution("Pad", [], {}, opset=10, pads=pads, value=0.5)


@pytest.mark.parametrize("index", [integers(2, 0, -1), np.int64(1), np.array([[0, 1], [2, 3]])])
@pytest.mark.parametrize("axis", [1, 3])
def test_gather(index: Any, axis: int) -> None:
    after_convolution("Gather", ["i"], {"i": np.asarray(index)}, axis=axis)


def test_expand_and_tile() -> None:
    nodes = [node("ReduceMean", ["x"], "m", axes=[2, 3]), node("Expand", ["m", "s"])]
    prove(model(nodes, {"x": SHAPE}, {"s": integers(1, 1, 6, 8)}, opset=13))
    prove(model(nodes, {"x": SHAPE}, {"s": integers(1)}, opset=13))
    after_convolution("Tile", ["r"], {"r": integers(1, 2, 1, 3)})


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space(mode: str) -> None:
    after_convolution("DepthToSpace", [], {}, blocksize=2, mode=mode)
    after_convolution("SpaceToDepth", [], {}, blocksize=2)


def test_channel_shuffle() -> None:
    first, weights = convolved()
    nodes = [
        first,
        node("Reshape", ["c", "s"], "g"),
        node("Transpose", ["g"], "t", perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["t", "r"], "b"),
        node("Conv", ["b", "w"]),
    ]
    graph = prove(model(nodes, {"x": SHAPE}, weights | {"s": integers(1, 2, 2, 6, 8), "r": integers(*SHAPE)}))
    assert operators(graph) == ["CONV_2D", "RESHAPE", "TRANSPOSE", "RESHAPE", "CONV_2D"]


# -- matrices ------------------------------------------------------------------------------------------------------


@given(st.data(), seeds)
@few
def test_gemm(data: Any, seed: int) -> None:
    """Any transposition, factors, and shape of C."""
    rng, draw = np.random.default_rng(seed), data.draw
    rows, trans_a, trans_b = draw(st.sampled_from([1, 3])), draw(st.integers(0, 1)), draw(st.integers(0, 1))
    attributes = {
        "transA": trans_a,
        "transB": trans_b,
        "alpha": draw(st.sampled_from([1.0, 0.5])),
        "beta": draw(st.sampled_from([1.0, 2.0])),
    }
    b = normal(rng, 5, 4) if trans_b else normal(rng, 4, 5)
    c = draw(st.sampled_from([None, (), (1,), (5,), (1, 5), (rows, 1), (rows, 5)]))
    constants = {} if c is None else {"c": np.asarray(normal(rng, *c))}
    shapes = {"a": [4, rows] if trans_a else [rows, 4]}
    if draw(st.booleans()):
        constants["b"] = b
    else:
        shapes["b"] = list(b.shape)
    prove(model([node("Gemm", ["a", "b"] + ["c"] * (c is not None), **attributes)], shapes, constants), seed)


FACTORS = [([1, 4], [4, 3]), ([1, 6, 4], [4, 3]), ([4], [4, 3]), ([1, 6, 4], [4])]
FACTORS += [([1, 2, 6, 4], [4, 3]), ([1, 6, 4], [1, 4, 3])]


@pytest.mark.parametrize("shapes", FACTORS)
@pytest.mark.parametrize("constant", [True, False])
def test_matmul(shapes: tuple[list[int], list[int]], constant: bool) -> None:
    constants = {"b": normal(np.random.default_rng(5), *shapes[1])} if constant else {}
    inputs = {"a": shapes[0]} if constant else dict(zip("ab", shapes, strict=True))
    prove(model([node("MatMul", ["a", "b"])], inputs, constants))


def test_constant_left_factor() -> None:
    prove(model([node("MatMul", ["w", "x"])], {"x": [1, 4, 5]}, {"w": normal(np.random.default_rng(6), 3, 4)}))


def test_flattened_images_into_a_classifier() -> None:
    first, weights = convolved()
    nodes = [first, node("Flatten", ["c"], "f"), node("Gemm", ["f", "k"], "g"), node("Softmax", ["g"])]
    graph = prove(model(nodes, {"x": SHAPE}, weights | {"k": normal(np.random.default_rng(7), 192, 5)}))
    assert operators(graph) == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]


# -- resizing ------------------------------------------------------------------------------------------------------


@given(st.data(), seeds)
@few
def test_resize(data: Any, seed: int) -> None:
    """Every pixel rule of ONNX for nearest; for linear those that TFLite shares, over the whole image."""
    draw = data.draw
    spatial, mode = draw(st.sampled_from([1, 2])), draw(st.sampled_from(["nearest", "linear"]))
    rule = draw(st.sampled_from(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]))
    size = draw(st.lists(st.integers(2, 6), min_size=spatial, max_size=spatial))
    attributes = {"mode": mode, "coordinate_transformation_mode": rule}
    if mode == "nearest":
        attributes["nearest_mode"] = draw(st.sampled_from(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]))
    if draw(st.booleans()):
        scales = [draw(st.sampled_from([0.5, 1.0, 2.0, 3.0])) for _ in size]
        scales = [s if (n * s).is_integer() else 2.0 for n, s in zip(size, scales, strict=True)]
        inputs, constants = ["x", "", "s"], {"s": np.array([1, 1, *scales], np.float32)}
    else:
        target = draw(st.lists(st.integers(1, 12), min_size=spatial, max_size=spatial))
        inputs, constants = ["x", "", "", "t"], {"t": integers(1, 3, *target)}
    prove(model([node("Resize", inputs, **attributes)], {"x": [1, 3, *size]}, constants), seed)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resize_of_old(mode: str) -> None:
    scales = np.array([1, 1, 2, 3], np.float32)
    prove(model([node("Upsample", ["x", "s"], mode=mode)], {"x": SHAPE}, {"s": scales}, opset=9))
    prove(model([node("Resize", ["x", "s"], mode=mode)], {"x": SHAPE}, {"s": scales}, opset=10))
    prove(model([node("Upsample", ["x"], mode=mode, scales=scales.tolist())], {"x": SHAPE}, opset=7))


def test_cubic_is_refused() -> None:
    data = model([node("Resize", ["x", "", "s"], mode="cubic")], {"x": SHAPE}, {"s": np.float32([1, 1, 2, 2])})
    with pytest.raises(UnsupportedError, match="mode cubic is not served"):
        read_onnx(data)


# -- constants and shapes ------------------------------------------------------------------------------------------


def test_shape_arithmetic_is_folded() -> None:
    """What PyTorch writes for ``x.view(x.size(0), -1)``, and a fill by a shape."""
    nodes = [
        node("Shape", ["x"], "s"),
        node("Gather", ["s", "zero"], "n", axis=0),
        node("Unsqueeze", ["n", "zeros"], "u"),
        node("Concat", ["u", "rest"], "t", axis=0),
        node("Reshape", ["x", "t"], "f"),
        node("ConstantOfShape", ["fill"], "k", value=helper.make_tensor("v", onnx.TensorProto.FLOAT, [1], [0.5])),
        node("Mul", ["f", "k"]),
    ]
    constants = {"zero": np.int64(0), "zeros": integers(0), "rest": integers(-1), "fill": integers(192)}
    assert operators(prove(model(nodes, {"x": SHAPE}, constants))) == ["RESHAPE", "MUL"]


def test_weights_that_are_computed_are_folded() -> None:
    nodes = [
        node("Transpose", ["w"], "t", perm=[1, 0]),
        node("Cast", ["t"], "f", to=onnx.TensorProto.FLOAT),
        node("MatMul", ["x", "f"], "m"),
        node("Cast", ["m"], to=onnx.TensorProto.FLOAT),
    ]
    constants = {"w": normal(np.random.default_rng(8), 3, 4).astype(np.float64)}
    assert operators(prove(model(nodes, {"x": [1, 4]}, constants))) == ["FULLY_CONNECTED"]


def test_constants_too_large_are_refused_before_they_are_made() -> None:
    nodes = [node("ConstantOfShape", ["s"], "k"), node("Add", ["x", "k"])]
    with pytest.raises(ModelError, match=r"node_k \(ConstantOfShape\): a constant of shape"):
        read_onnx(model(nodes, {"x": [1]}, {"s": integers(2**20, 2**20)}))
