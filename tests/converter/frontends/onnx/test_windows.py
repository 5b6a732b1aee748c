"""Convolution, transposed convolution and pooling against ONNX Runtime."""

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


@st.composite
def geometries(draw: Any, spatial: int) -> dict[str, Any]:
    """Attributes of a window, of one or two dimensions."""
    several = st.lists(st.integers(1, 3), min_size=spatial, max_size=spatial)
    attributes = {"kernel_shape": draw(several), "strides": draw(several)}
    padding = draw(st.sampled_from(["none", "pads", "VALID", "SAME_UPPER", "SAME_LOWER"]))
    if padding == "pads":
        attributes["pads"] = draw(st.lists(st.integers(0, 2), min_size=2 * spatial, max_size=2 * spatial))
    elif padding != "none":
        attributes["auto_pad"] = padding
    return attributes


@given(st.data(), seeds, st.sampled_from([1, 2]))
@few
def test_convolution(data: Any, seed: int, spatial: int) -> None:
    """Any stride, dilation, padding and number of groups."""
    draw, rng = data.draw, np.random.default_rng(seed)
    attributes = draw(geometries(spatial))
    if not attributes.get("auto_pad", "").startswith("SAME"):  # ONNX Runtime refuses both together
        attributes["dilations"] = draw(st.lists(st.integers(1, 2), min_size=spatial, max_size=spatial))
    group = draw(st.sampled_from([1, 1, 2, 3]))
    channels, units = group * draw(st.integers(1, 2)), group * draw(st.integers(1, 3))
    constants = {"w": normal(rng, units, channels // group, *attributes["kernel_shape"])}
    if draw(st.booleans()):
        constants["b"] = normal(rng, units)
    size = draw(st.lists(st.integers(6, 9), min_size=spatial, max_size=spatial))
    conv = node("Conv", ["x", *constants], group=group, **attributes)
    graph = prove(model([conv], {"x": [1, channels, *size]}, constants), seed)
    assert "TRANSPOSE" not in operators(graph)
    if group == channels > 1:
        assert "DEPTHWISE_CONV_2D" in operators(graph) and "CONV_2D" not in operators(graph)
    elif group > 1:
        assert operators(graph).count("CONV_2D") == group


@given(st.data(), seeds, st.sampled_from([1, 2]))
@few
def test_transposed_convolution(data: Any, seed: int, spatial: int) -> None:
    draw, rng = data.draw, np.random.default_rng(seed)
    several = st.lists(st.integers(1, 3), min_size=spatial, max_size=spatial)
    kernel, strides = [k + 1 for k in draw(several)], draw(several)
    attributes: dict[str, Any] = {
        "strides": strides,
        "dilations": draw(st.sampled_from([[1] * spatial, [2] * spatial])),
    }
    mode = draw(st.sampled_from(["none", "pads", "output_padding", "SAME_UPPER", "SAME_LOWER", "output_shape"]))
    size = draw(st.lists(st.integers(2, 5), min_size=spatial, max_size=spatial))
    if mode in ("pads", "output_padding"):
        attributes["pads"] = draw(st.lists(st.integers(0, 1), min_size=2 * spatial, max_size=2 * spatial))
    if mode == "output_padding":
        attributes["output_padding"] = [draw(st.integers(0, s - 1)) for s in strides]
    if mode.startswith("SAME"):
        attributes |= {
            "auto_pad": mode,
            "dilations": [1] * spatial,
            "strides": [min(s, k) for s, k in zip(strides, kernel, strict=True)],
        }
    if mode == "output_shape":
        attributes["dilations"] = [1] * spatial
        attributes["output_shape"] = [
            (n - 1) * s + k - draw(st.integers(0, 1)) for n, s, k in zip(size, strides, kernel, strict=True)
        ]
    group = draw(st.sampled_from([1, 1, 2]))
    constants = {"w": normal(rng, 2 * group, draw(st.integers(1, 3)), *kernel)}
    if draw(st.booleans()):
        constants["b"] = normal(rng, constants["w"].shape[1] * group)
    conv = node("ConvTranspose", ["x", *constants], group=group, **attributes)
    graph = prove(model([conv], {"x": [1, 2 * group, *size]}, constants), seed)
    assert operators(graph).count("TRANSPOSE_CONV") == group


@given(st.data(), seeds, st.sampled_from([1, 2]), st.sampled_from(["MaxPool", "AveragePool"]))
@few
def test_pooling(data: Any, seed: int, spatial: int, op: str) -> None:
    """Also rounding up, and padding that counts."""
    draw = data.draw
    attributes = draw(geometries(spatial))
    attributes["kernel_shape"] = [k + 1 for k in attributes["kernel_shape"]]
    if "pads" in attributes:
        attributes["pads"] = [
            min(p, k - 1) for p, k in zip(attributes["pads"], attributes["kernel_shape"] * 2, strict=True)
        ]
    if attributes.get("auto_pad", "").startswith("SAME"):  # ONNX Runtime refuses windows that skip pixels then
        attributes["strides"] = [
            min(s, k) for s, k in zip(attributes["strides"], attributes["kernel_shape"], strict=True)
        ]
    elif "auto_pad" not in attributes:
        attributes["ceil_mode"] = draw(st.integers(0, 1))
    if op == "AveragePool":
        attributes["count_include_pad"] = draw(st.integers(0, 1))
    size = draw(st.lists(st.integers(5, 9), min_size=spatial, max_size=spatial))
    graph = prove(model([node(op, ["x"], **attributes)], {"x": [1, 3, *size]}), seed)
    assert "TRANSPOSE" not in operators(graph)


@pytest.mark.parametrize("shape", [[1, 3, 7], [1, 3, 5, 4], [2, 3, 5, 4]])
@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
def test_whole_images(op: str, shape: list[int]) -> None:
    prove(model([node(op, ["x"])], {"x": shape}))


def test_weights_of_run_time_are_refused() -> None:
    data = model([node("Conv", ["x", "w"])], {"x": [1, 2, 5, 5], "w": [3, 2, 3, 3]})
    with pytest.raises(UnsupportedError, match=r"node_y \(Conv\): its weights are computed at run time"):
        read_onnx(data)


def test_three_dimensions_are_refused() -> None:
    constants = {"w": np.zeros((3, 2, 3, 3, 3), np.float32)}
    data = model([node("Conv", ["x", "w"])], {"x": [1, 2, 5, 5, 5]}, constants)
    with pytest.raises(UnsupportedError, match="windows over 3 dimensions"):
        read_onnx(data)


def test_places_of_largest_values_are_refused() -> None:
    data = model([node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2])], {"x": [1, 2, 4, 4]}, outputs=["y", "i"])
    with pytest.raises(UnsupportedError, match="the places of the largest values"):
        read_onnx(data)
