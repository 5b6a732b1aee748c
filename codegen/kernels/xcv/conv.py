"""Convolution on XCV."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window, is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import line_distance, row_distance, window_distance
from ..padding import fours, padded_rows
from .channels import Channels, channels_of, tile_fields, tile_instructions

_MOST_ROWS = 12  # BW_CONV_ROWS_XCV
_IN_PLACE, _WORDS, _THREES, _WINDOWS = range(4)  # BW_ROWS_IN_PLACE and its neighbours


def lower(graph: Graph, node: Node, params: Conv, compact: bool = False) -> KernelCall | None:
    """``bw_conv_s8_xcv``: four pixels at a time, their windows in scratch or, where they are pixels, in place."""
    channels = channels_of(narrow_conv(graph, node, params))
    out_c, height, width, in_c = params.weights.shape
    if channels is None or out_c % 4:
        return None
    channels = _padded(channels, (height, width * in_c))
    row = fours(width * in_c)
    depth = height * row
    pixels = params.batch * math.prod(params.window.output)
    in_place = is_pointwise(params.window) and depth == in_c
    fields = tile_fields(channels, compact)
    four, alone = (tile_instructions(depth, out_c, n, fields["mode"]) for n in (4, 1))
    copy = 0 if in_place else 70 + height * (15 + row * (2 if in_c % 4 == 0 else 4) // 4)
    return KernelCall(
        function="bw_conv_s8_xcv",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "row": row,
            "channels": {"count": out_c, **fields},
            "input_zero_point": params.input_zero_point,
        },
        scratch=0 if in_place else 4 * depth,
        distance={
            0: row_distance(-(-pixels // 4), 4 * in_c, 4 * out_c, buffered=False)
            if in_place
            else window_distance(params.window, params.batch, in_c, out_c, buffered=True)
        },
        sources=("bw_tile_s8_xcv", "bw_words_xcv"),
        cores="apart",
        instructions=pixels // 4 * four + pixels % 4 * alone + pixels * copy,
    )


def lower_rows(graph: Graph, node: Node, params: Conv, compact: bool = False) -> KernelCall | None:
    """``bw_conv_rows_s8_xcv``: windows in rows of the input, which are copied between their padding where need be."""
    window, batch = params.window, params.batch
    out_c, height, width, in_c = params.weights.shape
    channels = channels_of(narrow_conv(graph, node, params)) if out_c % 4 == 0 else None
    if channels is None or window.dilation != (1, 1) or height > _MOST_ROWS or is_pointwise(window):
        return None
    lines = _lines(window, in_c)
    apart = lines.copy == _WINDOWS
    fields = tile_fields(_padded(channels, (height, width * in_c) if apart else (height * width, in_c)), compact)
    four, alone = (tile_instructions(height * lines.row, out_c, n, fields["mode"], height) for n in (4, 1))
    each = window.output[1] // 4 * four + window.output[1] % 4 * alone + 120
    input_row, kept = in_c * window.input[1], 0 if lines.copy == _IN_PLACE else height
    return KernelCall(
        function="bw_conv_rows_s8_xcv",
        params={
            "window": window_fields(window, batch, in_c),
            "copy": lines.copy,
            "row": lines.row,
            "step": lines.step,
            "line": lines.line,
            "raw": lines.raw,
            "lead": lines.lead,
            "channels": {"count": out_c, **fields},
            "input_zero_point": params.input_zero_point,
        },
        scratch=height * lines.line + lines.raw,
        distance={0: line_distance(window, batch, input_row, out_c * window.output[1], kept)},
        sources=("bw_tile_s8_xcv", "bw_words_xcv"),
        cores="apart",
        instructions=batch * (window.output[0] * each + (window.input[0] + 2) * lines.instructions),
    )


@dataclass(frozen=True)
class _Lines:
    """How bw_conv_rows_s8_xcv keeps rows of the input: the fields of its parameters, and instructions for each."""

    copy: int
    row: int
    step: int
    line: int = 0
    raw: int = 0
    lead: int = 0
    instructions: int = 0


def _lines(window: Window, in_c: int) -> _Lines:
    width, stride, reach = window.kernel[1], window.stride[1], _reach(window, 1)
    threes = in_c == 3 and window.input[1] % 4 == 0
    if in_c % 4 == 0 and not _reaches_out(window):
        return _Lines(_IN_PLACE, width * in_c, stride * in_c)
    if in_c % 4 == 0 or threes:
        pixel = 4 if threes else in_c
        line = pixel * max(window.before[1] + window.input[1], reach)
        copy, cost = (_THREES, line * 3 // 4) if threes else (_WORDS, line // 2)
        return _Lines(copy, width * pixel, stride * pixel, line, instructions=cost + 60)
    row, before, bytes_in = fours(width * in_c), window.before[1] * in_c, window.input[1] * in_c
    lead = fours(before)
    # The copy of the last window's row goes on to whole words, and may read one more.
    end = lead - before + max(before + bytes_in, (reach - width) * in_c + row + 8)
    raw, outputs = fours(end), window.output[1]
    cost = bytes_in // 2 if bytes_in % 4 == 0 else 4 * bytes_in
    return _Lines(_WINDOWS, row, row, outputs * row, raw, lead, outputs * (15 + row) + cost + 90)


def _reach(window: Window, axis: int) -> int:
    """From the first position that a window covers along an axis to behind the last, padding included."""
    return (window.output[axis] - 1) * window.stride[axis] + window.kernel[axis]


def _reaches_out(window: Window) -> bool:
    """Whether any window reaches into padding."""
    return any(
        window.before[axis] > 0 or _reach(window, axis) - window.before[axis] > window.input[axis] for axis in (0, 1)
    )


def _padded(channels: Channels, shape: tuple[int, int]) -> Channels:
    """Weights as [channels, *shape] with the last axis padded to whole words."""
    weights = padded_rows(channels.weights.reshape(-1, *shape))
    return replace(channels, weights=np.ascontiguousarray(weights.reshape(len(weights), -1)))
