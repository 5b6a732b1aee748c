"""AVERAGE_POOL_2D and MAX_POOL_2D over NHWC, int8 and int16."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import INT32_MAX, as_int64
from ..ir import Array, DType, Graph, Node
from .operator import (
    Inputs,
    Operator,
    QuantRule,
    activation_range,
    float_activation,
    float_operand,
    require,
    require_types,
)
from .window import Window, patches, window


@dataclass(frozen=True, eq=False)
class Pool:
    """Geometry and clamp; ``half_up``: averages of converted uint8 models round ties up, others away from zero."""

    window: Window
    batch: int
    channels: int
    dtype: DType
    low: int
    high: int
    half_up: bool
    input_zero_point: int


def geometry_of(graph: Graph, node: Node) -> Window:
    """The window that slides. Raises ModelError."""
    source = graph.input(node, 0)
    if len(source.shape) != 4:
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} must be 4-D")
    return window(node, source.shape, node.attrs["filter"])


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[N, H, W, C] -> [N, out h, out w, C]."""
    geometry, shape = geometry_of(graph, node), graph.input(node, 0).shape
    return [(shape[0], *geometry.output, shape[3])]


def prepare(graph: Graph, node: Node) -> Pool:
    """Integer constants of the node."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    same = source.scale == target.scale and source.zero_point == target.zero_point
    require(same, node, "pooling between different scales is not served")
    low, high = activation_range(node.attrs.get("activation", "NONE"), target, node)
    half_up = bool(node.attrs.get("uint8", False))
    shape = geometry_of(graph, node)
    taps = min(shape.kernel[0], shape.input[0]) * min(shape.kernel[1], shape.input[1])
    # The sum of the taps, lifted to uint8's range where halves go up, and half their number to round.
    reach = taps * (256 if half_up else -dtype.limits[0]) + taps // 2
    require(node.op == "MAX_POOL_2D" or reach <= INT32_MAX, node, f"a sum of up to {reach} does not fit int32")
    return Pool(shape, source.shape[0], source.shape[3], dtype, low, high, half_up, source.zero_point)


def average(params: Pool, inputs: Inputs) -> list[Array]:
    """Sum of the taps inside the input divided by their number, rounded to nearest."""
    source = inputs[0]
    assert source is not None
    total = patches(source.astype(np.int64), params.window, 0).sum(axis=(3, 4))
    count = patches(np.ones((1, *params.window.input, 1), np.int64), params.window, 0).sum(axis=(3, 4))
    if params.half_up:
        mean = (total + 128 * count + count // 2) // count - 128
    else:
        mean = np.sign(total) * ((np.abs(total) + count // 2) // count)
    return [np.clip(as_int64(mean), params.low, params.high).astype(params.dtype.numpy)]


def maximum(params: Pool, inputs: Inputs) -> list[Array]:
    """The largest tap inside the input."""
    source = inputs[0]
    assert source is not None
    largest = patches(source, params.window, params.dtype.limits[0]).max(axis=(3, 4))
    return [np.clip(largest, params.low, params.high).astype(params.dtype.numpy)]


def float_average(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The mean of the taps inside the input."""
    source, geometry = float_operand(inputs, 0), geometry_of(graph, node)
    total = patches(source, geometry, 0).sum(axis=(3, 4))
    count = patches(np.ones((1, *geometry.input, 1), np.float32), geometry, 0).sum(axis=(3, 4))
    return [float_activation(node.attrs.get("activation", "NONE"), total / count)]


def float_maximum(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The largest tap inside the input."""
    largest = patches(float_operand(inputs, 0), geometry_of(graph, node), -np.inf).max(axis=(3, 4))
    return [float_activation(node.attrs.get("activation", "NONE"), largest)]


_SAME = QuantRule(same=True)
AVERAGE_POOL_2D = Operator(
    "AVERAGE_POOL_2D",
    "int8, int16",
    "equal scales",
    shapes,
    prepare,
    average,
    float_reference=float_average,
    rule=_SAME,
)
MAX_POOL_2D = Operator(
    "MAX_POOL_2D", "int8, int16", "equal scales", shapes, prepare, maximum, float_reference=float_maximum, rule=_SAME
)
