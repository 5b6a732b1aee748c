"""Convolution on RVV."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window, is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import first_reads
from .columns import (
    COLUMNS,
    LANES,
    columns_fields,
    columns_instructions,
    group_distance,
    inner_columns,
    requantize_fields,
)

_FEW = 8  # bytes of a window's row that are worth a run of their own


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_rvv``: windows are read in place, those at the border from a copy of their rows."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
    batch, window = _flat(params)
    (height, width), (channels, *_, in_c) = window.kernel, params.weights.shape
    depth = height * width * in_c
    one_by_one = window.dilation[1] != 1 or (height > 1 and width * in_c < _FEW)
    rows, run, step = (1, depth, depth) if one_by_one else (height, width * in_c, window.stride[1] * in_c)
    inner, reach = ((0, 0), 0) if one_by_one else (inner_columns(window), _reach(window, COLUMNS))
    copied = window.output[0] * -(-window.output[1] // COLUMNS) if one_by_one else _copied(window, COLUMNS)
    work = window.output[0] * (40 + columns_instructions(channels, rows, run, window.output[1]))
    copying = 100 + 16 * COLUMNS * width * in_c if one_by_one else _copying(height, reach * in_c)
    return KernelCall(
        function="bw_conv_s8_rvv",
        params={
            "window": window_fields(window, batch, in_c),
            "columns": columns_fields(narrow, rows, run, step),
            "inner_begin": inner[0],
            "inner_end": inner[1],
            "reach": reach,
            "input_zero_point": params.input_zero_point,
        },
        scratch=(COLUMNS * depth if one_by_one else height * reach * in_c) if copied else 0,
        distance={0: group_distance(window, batch, in_c, channels, COLUMNS)},
        sources=("bw_columns_s8_rvv",),
        instructions=batch * (work + copied * copying),
    )


def lower_pixels(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_pixels_s8_rvv``: rows are read in place where no window leaves the image, otherwise from a copy."""
    narrow = narrow_conv(graph, node, params)
    # With more channels it saves little, and memory shared with the input starts a vector of pixels further on.
    if narrow is None or params.window.dilation[1] != 1 or params.weights.shape[0] >= LANES:
        return None
    batch, window = _flat(params)
    (height, width), (channels, *_, in_c) = window.kernel, params.weights.shape
    columns = window.output[1]
    together, reach, copied = (
        (min(columns, LANES) if window.output[0] == 1 else columns),
        _reach(window, columns),
        _copied(window, columns),
    )
    vectors, run, alone = window.output[0] * -(-columns // LANES), width * in_c, channels % 3 == 1
    three = 110 + height * (9 + 81 * (run // 8) + 14 * (run % 8))
    one = 60 + height * (9 + 49 * (run // 8) + 8 * (run % 8))
    return KernelCall(
        function="bw_conv_pixels_s8_rvv",
        params={
            "window": window_fields(window, batch, in_c),
            "weights": narrow.weights,
            "requantize": requantize_fields(narrow),
            "out_c": channels,
            "together": together,
            "reach": reach,
            "input_zero_point": params.input_zero_point,
        },
        scratch=height * reach * in_c if copied else 0,
        distance={
            0: _row_distance(window, batch, in_c, channels)
            if copied == window.output[0]
            else group_distance(window, batch, in_c, channels, together)
        },
        instructions=batch
        * (vectors * ((-(-channels // 3) - alone) * three + alone * one) + copied * _copying(height, reach * in_c)),
    )


def _flat(params: Conv) -> tuple[int, Window]:
    """Batch and window; single pixels one after the other as one row."""
    if not is_pointwise(params.window):
        return params.batch, params.window
    pixels = params.batch * math.prod(params.window.output)
    return 1, replace(params.window, input=(1, pixels), output=(1, pixels))


def _reach(window: Window, columns: int) -> int:
    """Pixels of a row that the windows of neighbouring columns cover."""
    return (columns - 1) * window.stride[1] + (window.kernel[1] - 1) * window.dilation[1] + 1


def _copied(window: Window, columns: int) -> int:
    """How many groups of columns, of one image, have windows that leave it."""
    starts = [np.arange(window.output[i]) * window.stride[i] - window.before[i] for i in (0, 1)]
    ends = [starts[i] + (window.kernel[i] - 1) * window.dilation[i] + 1 for i in (0, 1)]
    inside = [(starts[i] >= 0) & (ends[i] <= window.input[i]) for i in (0, 1)]
    groups = np.array([inside[1][first : first + columns].all() for first in range(0, window.output[1], columns)])
    return int(inside[0].size * groups.size - inside[0].sum() * groups.sum())


def _copying(rows: int, row: int) -> int:
    """Instructions, at a VLEN of 128, that copy rows of bytes."""
    return 30 + rows * (20 + 11 * -(-row // 128))


def _row_distance(window: Window, batch: int, input_pixel: int, output_pixel: int) -> int:
    """The smallest safe distance where what a row of outputs is made from is copied before it is written."""
    reads = first_reads(window, batch, input_pixel).reshape(-1, window.output[1])[:, 0]
    ends = np.arange(1, reads.size + 1) * window.output[1] * output_pixel
    return int((ends[:-1] - reads[1:]).max(initial=-batch * math.prod(window.input) * input_pixel))
