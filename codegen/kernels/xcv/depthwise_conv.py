"""3x3 depthwise convolution on XCV."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import KernelCall, as_c
from ..mac import window_fields
from ..narrow import narrow_depthwise_conv
from ..overlap import line_distance
from . import conv
from .channels import Channels, channels_of, rectified

_MOST_COLUMNS = 700  # bytes of scratch for columns, if one row of them is not more
_MOST_THIRD = 2**23  # what the tables have place for
_PACKED_NONE, _PACKED_BEHIND, _PACKED_SHIFT, _PACKED_THIRD, _PACKED_BIAS = range(5)  # as in bw_depthwise_conv_s8_xcv.h


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8_xcv``: row by row."""
    window, channels = params.window, params.channels
    taps = channels_of(narrow_depthwise_conv(graph, node, params)) if _fits(window) and channels % 4 == 0 else None
    if taps is None or (taps.low, taps.high) != (-128, 127):
        return None
    row = window.input[1] * channels
    outputs = params.batch * math.prod(window.output)
    rectified = taps.output_zero_point == -128
    per_output = {1: 27, 2: 32}[window.stride[1]] + (0 if rectified else 4)
    reach = (window.output[0] - 1) * window.stride[0] + 3 - window.before[0]
    padded = window.before[0] > 0 or reach > window.input[0]
    rows = params.batch * window.output[0] * (channels // 2 * 50 + 110)
    return KernelCall(
        function="bw_depthwise_conv_3x3_s8_xcv",
        params={
            "window": window_fields(window, params.batch, channels),
            "padded": int(padded),
            "table": _table(taps),
            "input_zero_point": params.input_zero_point,
            "output_zero_point": taps.output_zero_point,
        },
        scratch=row if padded else 0,
        distance={0: line_distance(window, params.batch, row, channels * window.output[1], kept=0)},
        sources=("bw_depthwise_row_s8_xcv", "bw_words_xcv"),
        cores="apart",
        instructions=outputs * channels // 2 * per_output + rows,
    )


def _fits(window: Window) -> bool:
    """3x3 without dilation; a column of padding at most on either side, and a column of input in every window."""
    reach = (window.output[1] - 1) * window.stride[1] + 3 - window.before[1]
    return (
        (window.kernel, window.dilation) == ((3, 3), (1, 1))
        and window.stride[1] in (1, 2)
        and window.before[1] <= 1
        and reach <= window.input[1] + 1
    )


def _table(taps: Channels) -> NDArray[Any]:
    """Nine words for every two channels, as bw_depthwise_row_s8_xcv.h states."""
    # [pair, channel of the pair, column, row]
    columns = taps.weights.reshape(-1, 2, 3, 3).transpose(0, 1, 3, 2)
    pairs = len(columns)
    packed = np.zeros((pairs, 5, 4), np.int8)
    packed[:, 0:3, :3] = columns[:, 0]
    packed[:, 3:5, :3] = columns[:, 1, :2]
    packed[:, 0:3, 3] = columns[:, 1, 2]
    packed[:, 3:5, 3] = taps.shift.reshape(pairs, 2)
    words = packed.reshape(pairs, 20).view("<i4")
    constants = [words, taps.bias.reshape(pairs, 2), taps.multiplier.reshape(pairs, 2)]
    return as_c(np.concatenate(constants, axis=1), np.int32)


def lower_planes(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_planes_s8_xcv``: four channels at a time over the whole image, in place."""
    window, channels = params.window, params.channels
    same = window.input == window.output and (window.kernel, window.stride, window.dilation) == ((3, 3), (1, 1), (1, 1))
    taps = channels_of(narrow_depthwise_conv(graph, node, params)) if same and channels % 4 == 0 else None
    if taps is None or window.before != (1, 1) or (taps.low, taps.high) != (-128, 127):
        return None
    height, width = window.input
    row, pairs = 16 * (width + 2), (height + 1) // 2
    kept = max(1, min(pairs, _MOST_COLUMNS // row))
    bands = -(-pairs // kept)
    lined = rectified(taps, _MOST_THIRD)
    each = (18 if lined else 24) * width + 10
    columns = (pairs + 1) * (16 * width + 45)
    return KernelCall(
        function="bw_depthwise_planes_s8_xcv",
        params={
            "batch": params.batch,
            "height": height,
            "width": width,
            "channels": channels,
            "kept": kept,
            "table": _planes_table(lined or taps),
            "input_zero_point": params.input_zero_point,
            "output_zero_point": taps.output_zero_point,
            "rectified": int(lined is not None),
        },
        scratch=row * kept + 8,
        distance={0: 0},
        exact=True,
        sources=("bw_plane_s8_xcv", "bw_words_xcv"),
        cores="apart",
        instructions=params.batch * channels // 4 * (columns + 4 * (pairs * each + bands * 55) + 60) + row * kept // 4,
    )


def _planes_table(taps: Channels) -> NDArray[Any]:
    """Five words for every channel, as bw_plane_s8_xcv.h states."""
    count = len(taps.bias)
    words = np.zeros((count, 3, 4), np.int8)
    words[:, :, :3] = taps.weights.reshape(-1, 3, 3).transpose(0, 2, 1)  # [channel, column, row]
    words[:, :, 3] = taps.shift.astype("<i4").view(np.int8).reshape(count, 4)[:, :3]
    constants = [words.reshape(count, 12).view("<i4"), taps.bias[:, None], taps.multiplier[:, None]]
    return as_c(np.concatenate(constants, axis=1), np.int32)


def lower_one_channel(
    graph: Graph, node: Node, params: DepthwiseConv, rows: bool = False, compact: bool = False
) -> KernelCall | None:
    """``bw_conv_s8_xcv`` or ``bw_conv_rows_s8_xcv``: what makes several channels of one is a convolution."""
    if params.channels != 1:
        return None
    weights = np.ascontiguousarray(params.weights.transpose(2, 0, 1)[..., None])
    point, requant = params.input_zero_point, params.requant
    same = Conv(params.window, params.batch, weights, params.bias, point, requant, params.bound)
    return (conv.lower_rows if rows else conv.lower)(graph, node, same, compact)


def lower_any(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_xcv``: any kernel, columns of every four rows as words."""
    channels = params.channels
    taps = channels_of(narrow_depthwise_conv(graph, node, params)) if channels % 4 == 0 else None
    if taps is None or (taps.low, taps.high) != (-128, 127):
        return None
    along = _is_along(params.window)
    window = _laid_down(params.window) if along else params.window
    image, pixel = math.prod(params.window.input) * channels, channels * (params.window.stride[0] if along else 1)
    pitch = channels if along else window.input[1] * channels
    fours, width = -(-window.kernel[0] // 4), window.kernel[1]
    reach = (window.output[1] - 1) * window.stride[1] + (width - 1) * window.dilation[1] + 1
    columns = max(window.before[1] + window.input[1], reach)
    # A shift alone has place where three bytes have none.
    lined = None if window.kernel[0] % 4 > 1 and width < 3 else rectified(taps, _MOST_THIRD)
    table, packing = _line_table(lined or taps, window.kernel)
    output = 12 + fours * (5 + 3 * width) + (0 if lined else 3)
    group = fours * (18 * window.input[1] + 110) + 4 * (window.output[1] * output + 22) + 200
    distance = {0: line_distance(window, params.batch, pitch, window.output[1] * channels, 0)}
    return KernelCall(
        function="bw_depthwise_conv_s8_xcv",
        params={
            "window": window_fields(window, params.batch, channels),
            "pitch": pitch,
            "pixel": pixel,
            "image": image,
            "columns": columns,
            "table": table,
            "table_words": table.shape[1],
            "packing": packing,
            "input_zero_point": params.input_zero_point,
            "output_zero_point": taps.output_zero_point,
            "rectified": int(lined is not None),
        },
        scratch=16 * fours * columns + 8,
        # All pixels of four channels are copied before any of their outputs is written.
        distance=distance if not along else {0: 0} if params.batch == 1 else {},
        exact=along,
        sources=("bw_depthwise_line_s8_xcv", "bw_words_xcv"),
        cores="apart",
        instructions=params.batch * window.output[0] * channels // 4 * group,
    )


def _is_along(window: Window) -> bool:
    """Whether windows are parts of a single column of pixels."""
    reach = (window.output[0] - 1) * window.stride[0] + (window.kernel[0] - 1) * window.dilation[0] + 1
    single = window.input[1] == window.kernel[1] == window.output[1] == 1
    return single and window.before == (0, 0) and reach <= window.input[0]


def _laid_down(window: Window) -> Window:
    """A column of pixels as rows that overlap: row i of all windows are their pixels i, side by side."""
    return replace(
        window,
        input=(window.input[0], window.output[0]),
        output=(1, window.output[0]),
        stride=(1, 1),
        dilation=(window.dilation[0], 1),
    )


def _line_table(taps: Channels, kernel: tuple[int, int]) -> tuple[NDArray[Any], int]:
    """Weights and constants of every channel, as bw_depthwise_conv_s8_xcv.h states, and how they are packed."""
    count, (height, width) = len(taps.bias), kernel
    weights, rest = taps.weights.reshape(count, height, width), height % 4
    words = weights[:, :-1] if rest == 1 else np.pad(weights, ((0, 0), (0, -height % 4), (0, 0)))
    columns = np.ascontiguousarray(words.reshape(count, -1, 4, width).transpose(0, 1, 3, 2))
    third, bias, multiplier = (_bytes(values) for values in (taps.shift, taps.bias, taps.multiplier))
    packing = _PACKED_NONE
    if rest > 1 and width < 3:
        packing = _PACKED_SHIFT
        columns[:, -1, 0, 3] = third[:, 0]
    elif rest > 1:
        packing = _PACKED_BIAS if width >= 7 else _PACKED_THIRD
        columns[:, -1, :3, 3] = third[:, :3]
        if packing == _PACKED_BIAS:
            columns[:, -1, 3:7, 3] = bias
    parts = [columns.reshape(count, -1)]
    if rest == 1:
        packing = _PACKED_BEHIND if width % 4 == 1 else _PACKED_NONE
        behind = third[:, :3] if packing == _PACKED_BEHIND else np.zeros((count, -width % 4), np.int8)
        parts += [weights[:, -1], behind]
    parts += [third] if packing == _PACKED_NONE else []
    parts += [bias] if packing != _PACKED_BIAS else []
    rows = np.concatenate([*parts, multiplier], axis=1)
    return np.ascontiguousarray(rows).view("<i4").astype(np.int32), packing


def _bytes(words: NDArray[Any]) -> NDArray[Any]:
    return words.astype("<i4").view(np.int8).reshape(len(words), 4)
