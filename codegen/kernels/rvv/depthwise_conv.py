"""Depthwise convolution on RVV."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_depthwise_conv
from . import conv
from .columns import LANES, group_distance, inner_columns, requantize_fields

_COLUMNS = 2  # computed together
_MOST_ROWS = 8  # of a window, that are kept


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_rvv``: windows are read in place."""
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None:
        return None
    window, channels = params.window, params.channels
    begin, end = inner_columns(window)
    pairs = (end - begin) // _COLUMNS
    rows = params.batch * window.output[0]
    return KernelCall(
        function="bw_depthwise_conv_s8_rvv",
        params={
            "window": window_fields(window, params.batch, channels),
            "weights": np.ascontiguousarray(narrow.weights.T),
            "requantize": requantize_fields(narrow),
            "input_zero_point": params.input_zero_point,
            "inner_begin": begin,
            "inner_end": end,
            "sliding": int(_sliding(window)),
        },
        distance={0: group_distance(window, params.batch, channels, channels, _COLUMNS)},
        sources=("bw_depthwise_columns_s8_rvv",),
        instructions=rows * (_singles(params, window.output[1] - _COLUMNS * pairs) + pairs * _pair(params)),
    )


def lower_one_channel(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_conv_s8_rvv``: of a single input channel, every convolution is depthwise."""
    return None if params.channels != 1 else conv.lower(graph, node, _as_conv(params))


def lower_one_channel_pixels(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_conv_pixels_s8_rvv``, likewise."""
    return None if params.channels != 1 else conv.lower_pixels(graph, node, _as_conv(params))


def _as_conv(params: DepthwiseConv) -> Conv:
    weights = np.ascontiguousarray(np.moveaxis(params.weights, -1, 0)[..., None])
    return Conv(
        params.window, params.batch, weights, params.bias, params.input_zero_point, params.requant, params.bound
    )


def lower_pixels(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_pixels_s8_rvv``: the same with pixels in lanes, row by row."""
    call, window, channels = lower(graph, node, params), params.window, params.channels
    if call is None or channels >= LANES:
        return None
    begin, end = inner_columns(window)
    vectors = channels * -(-(end - begin) // LANES)
    rows, taps = params.batch * window.output[0], math.prod(window.kernel)
    return replace(
        call,
        function="bw_depthwise_pixels_s8_rvv",
        distance={0: group_distance(window, params.batch, channels, channels, window.output[1])},
        instructions=rows * (vectors * (76 + 8 * taps) + _singles(params, window.output[1] - (end - begin))),
    )


def lower_rows(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_rows_s8_rvv``: from copies of the rows of a window, where these are small beside the tensors."""
    narrow, window, channels = narrow_depthwise_conv(graph, node, params), params.window, params.channels
    together, taps = _together(params), math.prod(window.kernel)
    pairs = _pairs(window, together)
    reach = (_COLUMNS * pairs * together - 1) * window.stride[1] + window.kernel[1]
    constants = together * channels * (taps + 9) if together > 1 else 0
    scratch = constants + window.kernel[0] * reach * channels
    tensors = (math.prod(window.input) + math.prod(window.output)) * channels
    if narrow is None or window.dilation != (1, 1) or window.kernel[0] > _MOST_ROWS or scratch > tensors // 2:
        return None
    rows, sliding = params.batch * window.output[0], _sliding(window) and together == 1
    row = -(-together * channels // LANES) * (40 + pairs * (78 + taps * (10 if sliding else 16)))
    copied = min(window.stride[0], window.kernel[0]) * (60 + 7 * -(-reach * channels // 128))
    return KernelCall(
        function="bw_depthwise_rows_s8_rvv",
        params={
            "window": window_fields(window, params.batch, channels),
            "weights": np.ascontiguousarray(narrow.weights.T),
            "requantize": requantize_fields(narrow),
            "input_zero_point": params.input_zero_point,
            "together": together,
            "reach": reach,
        },
        scratch=scratch,
        distance={0: rows_distance(window, params.batch, channels)},
        instructions=rows * (60 + row + copied),
    )


def _together(params: DepthwiseConv) -> int:
    """How many pixels of few channels are best worked on as one, in lanes of two vectors at most."""
    most = 2 * LANES // params.channels if params.window.stride[1] == 1 and params.channels < LANES else 1
    return min(
        range(max(most, 1), 0, -1),
        key=lambda count: _pairs(params.window, count) * -(-count * params.channels // LANES),
    )


def _pairs(window: Window, together: int) -> int:
    """Pairs of groups of pixels of a row."""
    return -(-window.output[1] // (_COLUMNS * together))


def rows_distance(window: Window, batch: int, pixel: int) -> int:
    """The smallest safe distance where a row of outputs is written after the last row of its windows was copied."""
    outputs = np.arange(window.output[0])
    copied = np.clip(outputs * window.stride[0] - window.before[0] + window.kernel[0], 0, window.input[0])
    images = np.arange(batch)[:, None]
    ends = (images * window.output[0] + outputs + 1) * window.output[1] * pixel
    unread = (images * window.input[0] + copied) * window.input[1] * pixel
    rest = unread < batch * math.prod(window.input) * pixel
    return int((ends - unread)[rest].max(initial=-batch * math.prod(window.input) * pixel))


def _sliding(window: Window) -> bool:
    """Whether neighbours' windows share two of three columns."""
    return (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1)


def _pair(params: DepthwiseConv) -> int:
    """Instructions, as measured at a VLEN of 128, of two pixels."""
    vectors = -(-params.channels // LANES)
    return 55 + vectors * (148 + math.prod(params.window.kernel) * (10 if _sliding(params.window) else 14))


def _singles(params: DepthwiseConv, count: int) -> int:
    """The same of single pixels."""
    vectors = -(-params.channels // LANES)
    return count * (55 + vectors * (126 + 11 * math.prod(params.window.kernel)))
