"""FULLY_CONNECTED: ``y = requantize(x @ W^T + b)``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, quantize_multipliers
from ..ir import Array, DType, Graph, Node
from .conv import accumulator_bits
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


@dataclass(frozen=True, eq=False)
class FullyConnected:
    """Integer constants: ``weights`` [units, depth] less their zero point, ``bias`` int64 [units]."""

    rows: int
    weights: Array
    bias: Int64
    input_zero_point: int
    requant: Requantization
    bound: Int64
    output_shape: tuple[int, ...]


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[..., depth] -> [..., units] with ``keep_num_dims``, else [rows, units]."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    keep = bool(node.attrs.get("keep_num_dims"))
    row = source.shape[-1] if keep and source.shape else source.elements
    if len(weights.shape) != 2 or row % weights.shape[1] or (keep and row != weights.shape[1]):
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} does not fit weights {weights.shape}")
    units, depth = weights.shape
    return [(*source.shape[:-1], units) if keep else (source.elements // depth, units)]


def prepare(graph: Graph, node: Node) -> FullyConnected:
    """Integer constants of the node."""
    source, weights, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    require_weights(node, weights, dtype)
    units, depth = weights.shape
    values, bias = centred_weights(weights), bias_values(graph, node, 2, units)
    requant = requantization(graph, node, source, weights, units, 0)
    if weights.quant is not None and len(weights.quant.scale) == 1:
        # Per tensor, TFLite multiplies the input's and the weights' scale in float32.
        product = float(np.float32(source.scale) * np.float32(weights.scale))
        multiplier, shift = quantize_multipliers([product / float(target.scale)])
        requant = replace(requant, multiplier=multiplier, shift=shift)
    low, high = (limit - source.zero_point for limit in dtype.limits)
    bound = prove_accumulator(node, values, bias, low, high, accumulator_bits(node))
    prove_requantization(node, requant, bound)
    return FullyConnected(source.elements // depth, values, bias, source.zero_point, requant, bound, target.shape)


def reference(params: FullyConnected, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    rows = source.astype(np.int64).reshape(params.rows, -1) - params.input_zero_point
    acc = exact_matmul(rows, params.weights.T) + params.bias
    return [params.requant.apply(acc).reshape(params.output_shape)]


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``x @ W^T + b`` in float32."""
    source, weights = float_operand(inputs, 0), float_operand(inputs, 1)
    result = source.reshape(-1, weights.shape[1]) @ weights.T + float_bias(inputs, 2)
    if node.attrs.get("keep_num_dims"):
        result = result.reshape(*source.shape[:-1], weights.shape[0])
    return [float_activation(node.attrs.get("activation", "NONE"), result)]


def macs(graph: Graph, node: Node) -> int:
    """rows * depth * units."""
    return graph.output(node).elements * graph.input(node, 1).shape[1]


FULLY_CONNECTED = Operator(
    name="FULLY_CONNECTED",
    types="int8, int16",
    limits="constant int8 weights",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(weights=1, channel_axis=0, bias=2),
    inputs=(2, 3),
)
