"""Random quantized layers for the kernels of one instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import Graph
from hypothesis import strategies as st
from single import activation, constant, scales, seeds, single, zero_points

ACTIVATIONS = ["NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"]


def quantized(draw: Any, op: str, source: Any, weights: Any, axis: int, attrs: dict[str, Any]) -> Graph:
    """A layer with a bias and per-channel scales; often rectified, so that both requantizations are met."""
    channels = weights.shape[axis]
    generator = np.random.default_rng(draw(seeds))
    input_scale, output_scale = draw(scales()), draw(scales(0.05, 0.5))
    weight_scales = generator.uniform(0.001, 0.02, channels)
    if draw(st.booleans()):
        weight_scales[0] = 1e-12  # a channel that training left dead
    bias = generator.integers(-(2**16), 2**16, channels).astype(np.int32)
    attrs = {**attrs, "activation": draw(st.sampled_from(ACTIVATIONS))}
    output_point = draw(st.one_of(st.just(-128), zero_points))
    tensors = [
        activation("x", source, input_scale, draw(zero_points)),
        constant("w", weights, list(weight_scales), axis=axis),
        constant("b", bias, list(weight_scales * input_scale), axis=0),
    ]
    return single(op, tensors, [activation("y", (), output_scale, output_point)], attrs)


def sized(draw: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[Any, Any]:
    """(height, width), padding."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    least = reach if padding == "VALID" else [1, 1]
    extra = draw(st.tuples(st.integers(0, 8), st.integers(0, 8)))
    return tuple(a + b for a, b in zip(least, extra, strict=True)), padding


@st.composite
def convolutions(draw: Any) -> Graph:
    kernel = draw(st.sampled_from([(1, 1), (1, 1), (3, 3), (2, 5), (4, 1)]))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (1, 1), (2, 3)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 3)])) if dilation == (1, 1) else (1, 1)
    size, padding = sized(draw, kernel, dilation)
    in_c, out_c = draw(st.sampled_from([1, 3, 4, 6, 8, 12, 16])), 4 * draw(st.integers(1, 4))
    if in_c == 3 and draw(st.booleans()):
        size = (size[0], size[1] + -size[1] % 4)  # pixels are then copied four at a time
    weights = np.random.default_rng(draw(seeds)).integers(-127, 127, (out_c, *kernel, in_c), endpoint=True)
    attrs = {"padding": padding, "stride": stride, "dilation": dilation}
    return quantized(draw, "CONV_2D", (draw(st.integers(1, 2)), *size, in_c), weights.astype(np.int8), 0, attrs)


@st.composite
def depthwise(draw: Any) -> Graph:
    kernel = draw(st.sampled_from([(3, 3), (3, 3), (3, 3), (5, 5), (7, 7), (4, 4), (1, 4), (3, 1), (2, 5), (6, 2)]))
    stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (3, 3)]))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 3)])) if stride == (1, 1) else (1, 1)
    size, padding = sized(draw, kernel, dilation)
    if draw(st.integers(0, 3)) == 0:  # a single column of pixels
        kernel, size, padding = (kernel[0] * kernel[1], 1), (draw(st.integers(70, 80)), 1), "VALID"
    channels = 4 * draw(st.integers(1, 4))
    multiplier = channels if draw(st.integers(0, 4)) == 0 else 1  # one input channel, or as many
    weights = np.random.default_rng(draw(seeds)).integers(-127, 127, (1, *kernel, channels), endpoint=True)
    attrs = {"padding": padding, "stride": stride, "dilation": dilation, "depth_multiplier": multiplier}
    shape = (draw(st.integers(1, 2)), *size, channels // multiplier)
    return quantized(draw, "DEPTHWISE_CONV_2D", shape, weights.astype(np.int8), 3, attrs)


@st.composite
def fully_connected(draw: Any) -> Graph:
    depth, units, rows = draw(st.integers(1, 40)), draw(st.integers(1, 21)), draw(st.sampled_from([1, 1, 3]))
    generator = np.random.default_rng(draw(seeds))
    weights = generator.integers(-127, 127, (units, depth), endpoint=True).astype(np.int8)
    input_scale, scale = draw(scales()), 0.01
    tensors = [
        activation("x", (rows, depth), input_scale, draw(zero_points)),
        constant("w", weights, [scale]),
        constant("b", generator.integers(-(2**15), 2**15, units).astype(np.int32), [scale * input_scale]),
    ]
    attrs = {"activation": draw(st.sampled_from(ACTIVATIONS)), "keep_num_dims": False}
    output = activation("y", (), draw(scales(0.05, 0.5)), draw(st.one_of(st.just(-128), zero_points)))
    return single("FULLY_CONNECTED", tensors, [output], attrs)


@st.composite
def additions(draw: Any) -> Graph:
    shape = (1, draw(st.integers(1, 5)), draw(st.integers(1, 7)))
    tensors = [activation(name, shape, draw(scales(0.01, 0.2)), draw(zero_points)) for name in ("a", "b")]
    output = activation("y", (), draw(scales(0.05, 0.5)), draw(zero_points))
    return single(draw(st.sampled_from(["ADD", "SUB"])), tensors, [output], {"activation": "NONE"})


@st.composite
def pools(draw: Any) -> Graph:
    kernel = draw(st.sampled_from([(2, 2), (3, 3), (1, 4), (5, 2)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (3, 1)]))
    size, padding = sized(draw, kernel, (1, 1))
    scale, point = draw(scales()), draw(zero_points)
    source = activation("x", (draw(st.integers(1, 2)), *size, 4 * draw(st.integers(1, 3))), scale, point)
    attrs = {"filter": kernel, "stride": stride, "padding": padding, "activation": draw(st.sampled_from(ACTIVATIONS))}
    return single("AVERAGE_POOL_2D", [source], [activation("y", (), scale, point)], attrs)


@st.composite
def means(draw: Any) -> Graph:
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 20)), draw(st.integers(1, 20)), 4 * draw(st.integers(1, 3)))
    source = activation("x", shape, draw(scales()), draw(zero_points))
    axes = np.array(draw(st.sampled_from([[1, 2], [1], [2], [0, 1]])), np.int32)
    output = activation("y", (), draw(scales()), draw(zero_points))
    op = draw(st.sampled_from(["MEAN", "SUM"]))
    return single(op, [source, constant("axes", axes)], [output], {"keep_dims": draw(st.booleans())})
