"""CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, MAX_POOL_2D and MEAN in float.

Convolutions have int8 weights as real numbers, ``y = (sum of w x) * S_w + b``; taps beyond the input are nothing. Sums
go over a window's rows, then its columns, then the channels. An average is the sum of the taps inside the input divided
by their number, a mean the sum times ``1 / size``. In float16 convolutions sum as :mod:`.halves` has it: in eight lanes
over the taps and channels of a window, zeros beyond the input; of a depthwise one in a lane for each channel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import conv, depthwise_conv, pooling, reduce
from ..operator import Inputs, Operator, require
from ..window import Window, patch_rows, patches
from .arithmetic import LARGEST, Real, clamped, rounded
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
from .halves import summed, weights_as_they_count


@dataclass(frozen=True, eq=False)
class FloatConv:
    """Constants: ``weights`` int8 [units, rows, columns, channels], depthwise [rows, columns, units]; ``scale`` and
    ``bias`` float32 [units]; the range of the output."""

    dtype: DType
    window: Window
    batch: int
    channels: int
    weights: Array
    scale: Real
    bias: Real
    low: np.float32
    high: np.float32


@dataclass(frozen=True)
class FloatPool:
    """Constants: whether the largest tap is taken or their mean, and the range of the output."""

    dtype: DType
    window: Window
    batch: int
    channels: int
    largest: bool
    low: np.float32
    high: np.float32


@dataclass(frozen=True)
class FloatMean:
    """Constants: [outer, size, inner] to [outer, inner]; ``share`` is 1 / size."""

    dtype: DType
    outer: int
    size: int
    inner: int
    share: np.float32
    output_shape: tuple[int, ...]


def _conv(graph: Graph, node: Node, window: Window, axis: int) -> FloatConv:
    dtype, source = float_type(graph, node), graph.input(node, 0)
    weights, scale = summed_weights(graph, node, dtype, axis)
    bias = parameter(graph, node, 2, (len(scale),), 0.0)
    shape = source.shape
    return FloatConv(dtype, window, shape[0], shape[3], weights, scale, bias, *range_of(node, dtype))


def prepare_conv(graph: Graph, node: Node) -> FloatConv:
    """Constants of CONV_2D."""
    return _conv(graph, node, conv.geometry_of(graph, node), 0)


def reference_conv(params: FloatConv, inputs: Inputs) -> list[Array]:
    """Exact result of CONV_2D."""
    matrix = params.weights.reshape(len(params.scale), -1)
    rows = [times_weights(block, matrix, params.dtype) for block in patch_rows(real_operand(inputs, 0), params.window)]
    y = finished(np.concatenate(rows), params.scale, params.bias, params.dtype, params.low, params.high)
    return [y.reshape((params.batch, *params.window.output, -1))]


def prepare_depthwise(graph: Graph, node: Node) -> FloatConv:
    """Constants of DEPTHWISE_CONV_2D."""
    return _conv(graph, node, depthwise_conv.geometry_of(graph, node), 3)


def reference_depthwise(params: FloatConv, inputs: Inputs) -> list[Array]:
    """Exact result of DEPTHWISE_CONV_2D."""
    taps, weights = patches(real_operand(inputs, 0), params.window, 0), params.weights[0]
    each, shape = weights.shape[2] // params.channels, (params.batch, *params.window.output, weights.shape[2])
    places = tuple(np.ndindex(*params.window.kernel))
    if params.dtype is DType.FLOAT16:
        wide, counted = taps.astype(np.float64), weights_as_they_count(weights)
        total = summed(((np.repeat(wide[:, :, :, i, j], each, axis=-1), counted[i, j]) for i, j in places), shape)
    else:
        total, real = np.zeros(shape, np.float32), weights.astype(np.float32)
        for i, j in places:
            total = total + np.repeat(taps[:, :, :, i, j], each, axis=-1) * real[i, j]
    return [finished(total, params.scale, params.bias, params.dtype, params.low, params.high)]


def prepare_pool(graph: Graph, node: Node) -> FloatPool:
    """Constants of both kinds of pooling."""
    dtype, shape = float_type(graph, node), graph.input(node, 0).shape
    largest = node.plain.op == "MAX_POOL_2D"
    window = pooling.geometry_of(graph, node)
    return FloatPool(dtype, window, shape[0], shape[3], largest, *range_of(node, dtype))


def reference_pool(params: FloatPool, inputs: Inputs) -> list[Array]:
    """Exact result of both kinds of pooling."""
    source, window = real_operand(inputs, 0), params.window
    if params.largest:
        values = patches(source, window, float(-LARGEST[params.dtype])).max(axis=(3, 4))
    else:
        taps = patches(source, window, 0)
        total = np.zeros((params.batch, *window.output, params.channels), np.float32)
        for i, j in np.ndindex(*window.kernel):
            total = total + taps[:, :, :, i, j]
        count = patches(np.ones((1, *window.input, 1), np.float32), window, 0).sum(axis=(3, 4))
        values = total / count
    return [rounded(clamped(values, params.low, params.high), params.dtype)]


def prepare_mean(graph: Graph, node: Node) -> FloatMean:
    """Constants of MEAN."""
    dtype, source = float_type(graph, node), graph.input(node, 0)
    axes = reduce.axes_of(graph, node, source)
    require(bool(axes) and axes[-1] - axes[0] == len(axes) - 1, node, "axes that are apart are not served in float")
    before, within, behind = source.shape[: axes[0]], source.shape[axes[0] : axes[-1] + 1], source.shape[axes[-1] + 1 :]
    size = math.prod(within)
    share = np.float32(1) / np.float32(size)
    return FloatMean(dtype, math.prod(before), size, math.prod(behind), share, graph.output(node).shape)


def reference_mean(params: FloatMean, inputs: Inputs) -> list[Array]:
    """Exact result of MEAN."""
    source = real_operand(inputs, 0).reshape(params.outer, params.size, params.inner)
    total = np.zeros((params.outer, params.inner), np.float32)
    for k in range(params.size):
        total = total + source[:, k]
    return [rounded(total * params.share, params.dtype).reshape(params.output_shape)]


FLOAT_CONV: Operator = float_operator(
    "CONV_2D", "constant int8 weights, no groups", conv.shapes, prepare_conv, reference_conv, conv.macs, inputs=(2, 3)
)
FLOAT_DEPTHWISE: Operator = float_operator(
    "DEPTHWISE_CONV_2D",
    "constant int8 weights",
    depthwise_conv.shapes,
    prepare_depthwise,
    reference_depthwise,
    depthwise_conv.macs,
    inputs=(2, 3),
)
FLOAT_POOLS: tuple[Operator, ...] = tuple(
    float_operator(name, "", pooling.shapes, prepare_pool, reference_pool)
    for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D")
)
FLOAT_MEAN: Operator = float_operator(
    "MEAN", "axes that follow each other", reduce.shapes, prepare_mean, reference_mean, inputs=(2, 2)
)
