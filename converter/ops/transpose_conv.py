"""TRANSPOSE_CONV: every input pixel adds its value times the kernel to a window of the output; weights OHWI."""

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
    integers,
    prove_accumulator,
    prove_requantization,
    requantization,
    require,
)
from .window import Window, window


@dataclass(frozen=True, eq=False)
class TransposeConv:
    """Integer constants; ``window`` is that of the convolution whose gradient this is: it slides over the *output*."""

    window: Window
    batch: int
    weights: Array
    bias: Int64
    input_zero_point: int
    requant: Requantization
    bound: Int64


def _output_shape(graph: Graph, node: Node) -> tuple[int, ...]:
    wanted = graph.input(node, 0)
    # Some exporters leave the shape an input of the network although the output's shape is static.
    shape = graph.output(node).shape if wanted.data is None else tuple(np.ravel(integers(graph, node, 0)).tolist())
    if len(shape) != 4 or any(not 1 <= size <= 65536 for size in shape):
        raise ModelError(f"{node.name} ({node.op}): output shape {shape}")
    return shape


def _geometry(graph: Graph, node: Node) -> Window:
    weights, source = graph.input(node, 1), graph.input(node, 2)
    if len(source.shape) != 4 or len(weights.shape) != 4 or source.shape[3] != weights.shape[3]:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} and weights {weights.shape} do not fit")
    shape = _output_shape(graph, node)
    result = window(node, shape, weights.shape[1:3])
    if result.output != source.shape[1:3] or shape[0] != source.shape[0] or shape[3] != weights.shape[0]:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} does not come from output {shape}")
    return result


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The constant first input."""
    _geometry(graph, node)
    return [_output_shape(graph, node)]


def prepare(graph: Graph, node: Node) -> TransposeConv:
    """Integer constants of the node."""
    weights, source = graph.input(node, 1), graph.input(node, 2)
    dtype = activation_tensors(graph, node, source, weights)
    channels = weights.shape[0]
    values, bias = centred_weights(weights), bias_values(graph, node, 3, channels)
    require(values.dtype == np.int8, node, "weights with a zero point are not served")
    requant = requantization(graph, node, source, weights, channels, 0)
    low, high = (limit - source.zero_point for limit in dtype.limits)
    bound = prove_accumulator(node, values.reshape(channels, -1), bias, low, high, accumulator_bits(node))
    prove_requantization(node, requant, bound)
    return TransposeConv(_geometry(graph, node), source.shape[0], values, bias, source.zero_point, requant, bound)


def reference(params: TransposeConv, inputs: Inputs) -> list[Array]:
    """Exact result: scatter every tap's product."""
    source = inputs[2]
    assert source is not None
    centred = source.astype(np.float64) - params.input_zero_point
    acc = _scatter(params.window, centred, params.weights.astype(np.float64))
    return [params.requant.apply(as_int64(acc.astype(np.int64) + params.bias))]


def _scatter(shape: Window, source: Array, weights: Array) -> Array:
    """Every input pixel times the kernel, added to its window of the output; in the arrays' own float type."""
    height, width = shape.input
    rows, columns = np.indices(shape.output)
    acc = np.zeros((source.shape[0], height, width, weights.shape[0]), source.dtype)
    for i in range(shape.kernel[0]):
        for j in range(shape.kernel[1]):
            y = rows * shape.stride[0] - shape.before[0] + i
            x = columns * shape.stride[1] - shape.before[1] + j
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            # Within one tap every output position is hit at most once.
            acc[:, y[inside], x[inside]] += source[:, inside] @ weights[:, i, j].T
    return acc


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``scatter(w * x) + b`` in float32."""
    result = _scatter(_geometry(graph, node), float_operand(inputs, 2), float_operand(inputs, 1))
    return [float_activation(node.attrs.get("activation", "NONE"), result + float_bias(inputs, 3))]


def macs(graph: Graph, node: Node) -> int:
    """Inputs times the taps that each contributes to."""
    weights = graph.input(node, 1)
    return graph.input(node, 2).elements * math.prod(weights.shape[:3])


TRANSPOSE_CONV = Operator(
    name="TRANSPOSE_CONV",
    types="int8, int16",
    limits="constant int8 weights",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(weights=1, channel_axis=0, bias=3),
    inputs=(3, 4),
)
