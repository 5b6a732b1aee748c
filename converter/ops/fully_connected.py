"""FULLY_CONNECTED: ``y = requantize(x @ W^T + b)``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, requantize
from ..ir import Array, DType, Graph, Node, Rounding
from .operator import (
    Inputs,
    Operator,
    activation_range,
    clamp_to,
    exact_matmul,
    output_multipliers,
    prove_accumulator,
    require,
    require_types,
)


@dataclass(frozen=True, eq=False)
class FullyConnected:
    """Integer constants: ``weights`` int8/int16 [units, depth] less their zero point, ``bias`` int64 [units]."""

    dtype: DType
    weights: Array
    bias: Int64
    multiplier: Int64
    shift: Int64
    input_zero_point: int
    output_zero_point: int
    low: int
    high: int
    rounding: Rounding
    output_shape: tuple[int, ...]


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[..., depth] -> [..., units] with ``keep_num_dims``, else [batch, units]."""
    source, weights = graph.input(node, 0), graph.input(node, 1)
    if len(weights.shape) != 2 or weights.shape[1] == 0 or source.elements % weights.shape[1]:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} does not fit weights {weights.shape}")
    units, depth = weights.shape
    if node.attrs.get("keep_num_dims"):
        return [(*source.shape[:-1], units)]
    return [(source.elements // depth, units)]


def prepare(graph: Graph, node: Node) -> FullyConnected:
    """Integer constants of the node."""
    source, weights, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    require(weights.is_constant, node, "weights that are not constant are not served")
    require(weights.dtype is DType.INT8, node, f"weights of type {weights.dtype.value} are not served")
    units = weights.shape[0]
    values = weights.value().astype(np.int64)
    if weights.quant is not None and len(weights.quant.zero_point) == 1:
        values = values - weights.quant.zero_point[0]
    bias_tensor = graph.optional_input(node, 2)
    bias = np.zeros(units, np.int64) if bias_tensor is None else bias_tensor.value().astype(np.int64).reshape(-1)
    if bias.shape != (units,):
        raise ModelError(f"{node.name} ({node.op}): {bias.size} biases for {units} units")
    multiplier, shift = output_multipliers(source, weights, target, units, 0)
    low, high = activation_range(node.attrs.get("activation", "NONE"), target, node)
    if dtype is DType.INT8:
        limits = source.dtype.limits
        prove_accumulator(node, values, bias, limits[0] - source.zero_point, limits[1] - source.zero_point)
    return FullyConnected(
        dtype=dtype,
        weights=values.astype(np.int8 if np.all(np.abs(values + 0.5) < 128) else np.int16),
        bias=bias,
        multiplier=multiplier,
        shift=shift,
        input_zero_point=source.zero_point,
        output_zero_point=target.zero_point,
        low=low,
        high=high,
        rounding=node.rounding,
        output_shape=target.shape,
    )


def reference(params: FullyConnected, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    rows = source.astype(np.int64).reshape(-1, params.weights.shape[1]) - params.input_zero_point
    acc = exact_matmul(rows, params.weights.T) + params.bias
    values = requantize(params.rounding, acc, params.multiplier, params.shift) + params.output_zero_point
    return [clamp_to(values, params.low, params.high, params.dtype).reshape(params.output_shape)]


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
)
