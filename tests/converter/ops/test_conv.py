"""CONV_2D and DEPTHWISE_CONV_2D: reference == tflite-runtime == C with every kernel set."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import DType, Graph
from hypothesis import assume, given
from hypothesis import strategies as st
from single import activation, constant, few, prove, scales, seeds, single, zero_points

ISAS = ("generic", "armv7em", "mve", "rv32")


@st.composite
def convolutions(draw: Any, op: str, dtype: DType = DType.INT8) -> Graph:
    """A random convolution, also with windows larger than the input, dead channels and odd sizes."""
    generator = np.random.default_rng(draw(seeds))
    wide = dtype is DType.INT16
    kernel_h, kernel_w = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (2, 3)]))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) if dilation == (1, 1) else (1, 1)
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    least_h, least_w = ((kernel_h - 1) * dilation[0] + 1, (kernel_w - 1) * dilation[1] + 1)
    extra = draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))
    smallest = (1, 1) if padding == "SAME" else (least_h, least_w)
    batch, in_c = draw(st.integers(1, 2)), draw(st.integers(1, 9))
    source = (batch, smallest[0] + extra[0], smallest[1] + extra[1], in_c)
    attrs: dict[str, Any] = {"padding": padding, "stride": stride, "dilation": dilation}
    attrs["activation"] = draw(st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
    if op == "CONV_2D":
        channels = draw(st.integers(1, 9))
        shape, axis = (channels, kernel_h, kernel_w, in_c), 0
    else:
        attrs["depth_multiplier"] = draw(st.sampled_from([1, 1, 1, 2, 3]))
        channels = in_c * attrs["depth_multiplier"]
        shape, axis = (1, kernel_h, kernel_w, channels), 3
    weights = generator.integers(-127, 127, shape, endpoint=True).astype(np.int8)
    input_scale, output_scale = draw(scales()), draw(scales(0.05, 0.5))
    weight_scales = generator.uniform(0.001, 0.02, channels)
    if draw(st.booleans()):
        weight_scales[0] = 1e-12  # a channel that training left dead
    reach = 2**20 if wide else 2**16
    bias = generator.integers(-reach, reach, channels).astype(
        np.int64 if wide and (op != "CONV_2D" or draw(st.booleans())) else np.int32
    )
    point = 0 if wide else draw(zero_points)
    # tflite-runtime takes int8 CONV_2D only with a bias.
    biased = op == "CONV_2D" or draw(st.booleans())
    tensors = [
        activation("x", source, input_scale, point, dtype),
        constant("w", weights, list(weight_scales), axis=axis),
        constant("b", bias, list(weight_scales * input_scale), axis=0) if biased else None,
    ]
    return single(op, tensors, [activation("y", (), output_scale, 0 if wide else draw(zero_points), dtype)], attrs)


@given(convolutions("CONV_2D"), seeds)
@few
def test_conv_2d(graph: Graph, seed: int) -> None:
    prove(graph, seed, ISAS)


@given(convolutions("DEPTHWISE_CONV_2D"), seeds)
@few
def test_depthwise_conv_2d(graph: Graph, seed: int) -> None:
    node = graph.nodes[0]
    strides, dilation = node.attrs["stride"], node.attrs["dilation"]
    assume(strides[0] == strides[1] or dilation == (1, 1))
    prove(graph, seed, ISAS)


@given(convolutions("CONV_2D", DType.INT16), seeds)
@few
def test_conv_2d_16x8(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(convolutions("DEPTHWISE_CONV_2D", DType.INT16), seeds)
@few
def test_depthwise_conv_2d_16x8(graph: Graph, seed: int) -> None:
    prove(graph, seed)
