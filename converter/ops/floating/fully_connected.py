"""FULLY_CONNECTED in float: ``y = (x @ W^T) * S_w + b``, int8 weights as real numbers, sums in their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import fully_connected as integer
from ..operator import Inputs, Operator
from .arithmetic import Real
from .common import (
    finished,
    float_operator,
    float_type,
    parameter,
    range_of,
    real_operand,
    summed_weights,
    times_weights,
)


@dataclass(frozen=True, eq=False)
class FloatFullyConnected:
    """Constants: ``weights`` int8 [units, depth], ``scale`` and ``bias`` float32 [units], the range of the output."""

    dtype: DType
    rows: int
    weights: Array
    scale: Real
    bias: Real
    low: np.float32
    high: np.float32
    output_shape: tuple[int, ...]


def prepare(graph: Graph, node: Node) -> FloatFullyConnected:
    """Constants of the node."""
    dtype = float_type(graph, node)
    weights, scale = summed_weights(graph, node, dtype)
    units, depth = weights.shape
    bias = parameter(graph, node, 2, (units,), 0.0)
    rows = graph.input(node, 0).elements // depth
    return FloatFullyConnected(dtype, rows, weights, scale, bias, *range_of(node, dtype), graph.output(node).shape)


def reference(params: FloatFullyConnected, inputs: Inputs) -> list[Array]:
    """Exact result."""
    x = real_operand(inputs, 0).reshape(params.rows, -1)
    sums = times_weights(x, params.weights, params.dtype)
    y = finished(sums, params.scale, params.bias, params.dtype, params.low, params.high)
    return [y.reshape(params.output_shape)]


FLOAT_FULLY_CONNECTED: Operator = float_operator(
    "FULLY_CONNECTED",
    "constant int8 weights",
    integer.shapes,
    prepare,
    reference,
    integer.macs,
    inputs=(2, 3),
)
