"""DEPTHWISE_CONV_2D: output channel ``c * multiplier + m`` sees input channel ``c`` only; weights 1HWC."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64
from ..ir import Array, Graph, Node
from .conv import accumulator_bits, activation_tensors
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    Requantization,
    bias_values,
    centred_weights,
    float_activation,
    float_bias,
    float_operand,
    prove_accumulator,
    prove_requantization,
    requantization,
)
from .window import Window, patches, window


@dataclass(frozen=True, eq=False)
class DepthwiseConv:
    """Integer constants; ``weights`` [kernel h, kernel w, out channels] less their zero point, ``bias`` int64."""

    window: Window
    batch: int
    channels: int
    depth_multiplier: int
    weights: Array
    bias: Int64
    input_zero_point: int
    requant: Requantization
    bound: Int64


def geometry_of(graph: Graph, node: Node) -> Window:
    """The window that slides. Raises ModelError."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    if len(source.shape) != 4 or len(weights.shape) != 4 or weights.shape[0] != 1:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} and weights {weights.shape} do not fit")
    if source.shape[3] == 0 or weights.shape[3] % source.shape[3]:
        raise ModelError(
            f"{node.name} ({node.op}): {weights.shape[3]} output channels from {source.shape[3]} input channels"
        )
    return window(node, source.shape, weights.shape[1:3], node.attrs["dilation"])


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[N, H, W, C] -> [N, out h, out w, C * depth multiplier]."""
    geometry = geometry_of(graph, node)
    return [(graph.input(node, 0).shape[0], *geometry.output, graph.input(node, 1).shape[3])]


def prepare(graph: Graph, node: Node) -> DepthwiseConv:
    """Integer constants of the node; the depth multiplier follows from the shapes."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    dtype = activation_tensors(graph, node, source, weights)
    geometry, channels = geometry_of(graph, node), weights.shape[3]
    values, bias = centred_weights(weights)[0], bias_values(graph, node, 2, channels)
    requant = requantization(graph, node, source, weights, channels, 3)
    low, high = (limit - source.zero_point for limit in dtype.limits)
    taps = values.reshape(-1, channels).T
    bound = prove_accumulator(node, taps, bias, low, high, accumulator_bits(node))
    prove_requantization(node, requant, bound)
    return DepthwiseConv(
        window=geometry,
        batch=source.shape[0],
        channels=source.shape[3],
        depth_multiplier=channels // source.shape[3],
        weights=values,
        bias=bias,
        input_zero_point=source.zero_point,
        requant=requant,
        bound=bound,
    )


def reference(params: DepthwiseConv, inputs: Inputs) -> list[Array]:
    """Exact result; float64 sums of at most 2^48 are exact."""
    source = inputs[0]
    assert source is not None
    taps = patches(source.astype(np.float64) - params.input_zero_point, params.window, 0)
    weights = params.weights.astype(np.float64)
    weights = weights.reshape(*weights.shape[:2], params.channels, params.depth_multiplier)
    acc = np.einsum("nhwijc,ijcm->nhwcm", taps, weights).reshape(params.batch, *params.window.output, -1)
    return [params.requant.apply(as_int64(acc.astype(np.int64) + params.bias))]


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``sum(w * x) + b`` in float32, tap by tap."""
    source, weights = float_operand(inputs, 0), float_operand(inputs, 1)[0]
    taps, channels = patches(source, geometry_of(graph, node), 0), source.shape[3]
    weights = weights.reshape(*weights.shape[:2], channels, -1)
    total = np.zeros((*taps.shape[:3], channels, weights.shape[3]), np.float32)
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            total += taps[:, :, :, i, j, :, None] * weights[i, j]
    values = total.reshape(*total.shape[:3], -1) + float_bias(inputs, 2)
    return [float_activation(node.attrs.get("activation", "NONE"), values)]


def macs(graph: Graph, node: Node) -> int:
    """Outputs times taps."""
    return graph.output(node).elements * math.prod(graph.input(node, 1).shape[1:3])


DEPTHWISE_CONV_2D = Operator(
    name="DEPTHWISE_CONV_2D",
    types="int8, int16",
    limits="constant int8 weights",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(weights=1, channel_axis=3, bias=2),
    inputs=(2, 3),
)
