"""Convolution on Helium."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window
from ..call import Field, KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import window_distance
from ..padding import fours
from .packing import block_fields

_COLUMNS = 3  # pixels computed together


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_mve``: windows of one pixel are read in place, others copied three at a time."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
    window, (channels, *_, in_c) = params.window, params.weights.shape
    depth = math.prod(params.weights.shape[1:])
    in_place = single_pixels(window)
    distance = (
        block_distance(window, params.batch, in_c, channels, _COLUMNS)
        if in_place
        else window_distance(window, params.batch, in_c, channels, buffered=True)
    )
    return KernelCall(
        function="bw_conv_s8_mve",
        params={
            "windows": windows_fields(params, in_place, depth),
            "block": block_fields(narrow),
            "in_place": int(in_place),
        },
        scratch=0 if in_place else _COLUMNS * depth,
        distance={0: distance},
        sources=("bw_block_s8_mve", "bw_windows_s8_mve", "bw_copy_s8_mve"),
        instructions=_instructions(params, in_place),
    )


def block_distance(window: Window, batch: int, input_pixel: int, output_pixel: int, together: int) -> int:
    """The smallest safe distance where the pixels that are computed together are read while they are written."""
    rows, columns = (np.arange(window.output[i]) * window.stride[i] for i in (0, 1))
    one = (rows[:, None] * window.input[1] + columns[None, :]).reshape(-1)
    images = np.arange(batch)[:, None] * (window.input[0] * window.input[1])
    reads = (images + one[None, :]).reshape(-1)[::together] * input_pixel
    pixels = batch * one.size
    ends = np.minimum((np.arange(reads.size) + 1) * together, pixels) * output_pixel
    return int((ends - reads).max())


def windows_fields(params: Conv, in_place: bool, pitch: int, offsets: NDArray[Any] | None = None) -> dict[str, Field]:
    """The C struct ``bw_windows_s8_mve``."""
    window = params.window
    return {
        "window": window_fields(flat(window) if in_place else window, params.batch, params.weights.shape[3]),
        "input_zero_point": params.input_zero_point,
        "pitch": pitch,
        "offsets": 0 if offsets is None else offsets,
        **_inner(window),
    }


def flat(window: Window) -> Window:
    """Single pixels one after the other as one row."""
    if window.stride != (1, 1):
        return window
    pixels = math.prod(window.output)
    return replace(window, input=(1, pixels), output=(1, pixels))


def _inner(window: Window) -> dict[str, Field]:
    """Output columns whose windows do not leave the input at the sides, where their rows are contiguous."""
    starts = np.arange(window.output[1]) * window.stride[1] - window.before[1]
    inner = np.flatnonzero((starts >= 0) & (starts + window.kernel[1] <= window.input[1]))
    if window.dilation[1] != 1 or not inner.size:
        return {"inner_begin": 0, "inner_end": 0}
    return {"inner_begin": int(inner[0]), "inner_end": int(inner[-1]) + 1}


def single_pixels(window: Window) -> bool:
    """Whether windows are single pixels that never leave the input."""
    if window.kernel != (1, 1) or window.before != (0, 0):
        return False
    return all((window.output[i] - 1) * window.stride[i] < window.input[i] for i in (0, 1))


def _instructions(params: Conv, in_place: bool) -> int:
    """As measured: 11.5 instructions per 16 taps of six outputs, 4 per output, and copying the windows."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    pixels = params.batch * math.prod(params.window.output)
    outputs = pixels * fours(channels)
    loops = -(-kernel_h * kernel_w * in_c // 16)
    copying = 0 if in_place else pixels * kernel_h * (10 + 3 * -(-kernel_w * in_c // 16))
    return outputs * 2 * loops + 4 * outputs + 40 * pixels + copying
