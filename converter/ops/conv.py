"""CONV_2D, int8 and 16x8: ``y = requantize(sum(w * (x - zx)) + b)`` over NHWC, weights OHWI."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64
from ..ir import Array, DType, Graph, Node, Rounding, Tensor
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    Requantization,
    bias_values,
    centred_weights,
    exact_matmul,
    float_activation,
    float_bias,
    float_operand,
    prove_accumulator,
    prove_requantization,
    requantization,
    require_types,
    require_weights,
)
from .window import Window, is_pointwise, patch_rows, window


@dataclass(frozen=True, eq=False)
class Conv:
    """Integer constants of a convolution.

    Attributes:
        weights: [out channels, kernel h, kernel w, in channels] less their zero point.
        bias: int64 [out channels].
        bound: largest magnitude of each channel's accumulator.
    """

    window: Window
    batch: int
    weights: Array
    bias: Int64
    input_zero_point: int
    requant: Requantization
    bound: Int64


def activation_tensors(graph: Graph, node: Node, source: Tensor, weights: Tensor) -> DType:
    """The checks that all convolutions share; returns the activations' type."""
    dtype = require_types(graph, node, [source, graph.output(node)], [DType.INT8, DType.INT16])
    require_weights(node, weights, dtype)
    if len(source.shape) != 4 or len(weights.shape) != 4:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} and weights {weights.shape} must be 4-D")
    return dtype


def accumulator_bits(node: Node) -> int:
    """int32 accumulators, but for WIDE 48 bits, so that its 16-bit multiplier cannot leave int64."""
    return 48 if node.rounding is Rounding.WIDE else 32


def geometry_of(graph: Graph, node: Node) -> Window:
    """The window that slides. Raises ModelError."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    if len(source.shape) != 4 or len(weights.shape) != 4:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} and weights {weights.shape} must be 4-D")
    if weights.shape[3] == 0 or source.shape[3] != weights.shape[3]:
        raise ModelError(
            f"{node.name} ({node.op}): {source.shape[3]} input channels, weights for {weights.shape[3]} "
            "(grouped convolution is not served)"
        )
    return window(node, source.shape, weights.shape[1:3], node.attrs["dilation"])


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[N, H, W, C] -> [N, out h, out w, out channels]."""
    geometry = geometry_of(graph, node)
    return [(graph.input(node, 0).shape[0], *geometry.output, graph.input(node, 1).shape[0])]


def prepare(graph: Graph, node: Node) -> Conv:
    """Integer constants of the node."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    dtype = activation_tensors(graph, node, source, weights)
    channels = weights.shape[0]
    values, bias = centred_weights(weights), bias_values(graph, node, 2, channels)
    requant = requantization(graph, node, source, weights, channels, 0)
    low, high = (limit - source.zero_point for limit in dtype.limits)
    bound = prove_accumulator(node, values.reshape(channels, -1), bias, low, high, accumulator_bits(node))
    prove_requantization(node, requant, bound)
    return Conv(geometry_of(graph, node), source.shape[0], values, bias, source.zero_point, requant, bound)


def reference(params: Conv, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    centred = source.astype(np.float64) - params.input_zero_point
    weights = params.weights.reshape(params.weights.shape[0], -1).T.astype(np.float64)
    acc = np.concatenate([exact_matmul(rows, weights) for rows in patch_rows(centred, params.window)]) + params.bias
    return [params.requant.apply(acc).reshape(params.batch, *params.window.output, -1)]


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``sum(w * x) + b`` in float32."""
    source, weights = float_operand(inputs, 0), float_operand(inputs, 1)
    geometry, matrix = geometry_of(graph, node), weights.reshape(weights.shape[0], -1).T
    blocks = [source.reshape(-1, matrix.shape[0])] if is_pointwise(geometry) else patch_rows(source, geometry)
    result = np.concatenate([rows @ matrix for rows in blocks]) + float_bias(inputs, 2)
    values = result.reshape(source.shape[0], *geometry.output, -1)
    return [float_activation(node.attrs.get("activation", "NONE"), values)]


def macs(graph: Graph, node: Node) -> int:
    """Outputs times taps."""
    return graph.output(node).elements * math.prod(graph.input(node, 1).shape[1:])


CONV_2D = Operator(
    name="CONV_2D",
    types="int8, int16",
    limits="constant int8 weights, no groups",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(weights=1, channel_axis=0, bias=2),
    inputs=(2, 3),
)
