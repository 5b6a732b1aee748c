"""Convolution with windows of at most 32 bytes on Helium."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window
from ..call import KernelCall, as_c
from ..narrow import narrow_conv
from ..overlap import window_distance
from .conv import flat, single_pixels, windows_fields
from .packing import block_fields

_VECTOR = 16  # bytes
_FURTHEST = 2**16 - 1  # byte of a window
_TOGETHER = 32  # pixels of a run
_CHANNELS = {_VECTOR: 4, 2 * _VECTOR: 2}  # computed at once


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_shallow_mve``: windows in place are of at most 16 bytes, or of 32."""
    narrow = narrow_conv(graph, node, params)
    channels, *_, in_c = params.weights.shape
    depth = math.prod(params.weights.shape[1:])
    in_place = single_pixels(params.window)
    if narrow is None or channels % 4 or depth > 2 * _VECTOR or (in_place and _VECTOR < depth < 2 * _VECTOR):
        return None
    pitch = _VECTOR if depth <= _VECTOR else 2 * _VECTOR
    distance = (
        run_distance(flat(params.window), params.batch, in_c, channels, _TOGETHER)
        if in_place
        else window_distance(params.window, params.batch, in_c, channels, buffered=True)
    )
    return KernelCall(
        function="bw_conv_s8_shallow_mve",
        params={
            "windows": windows_fields(params, in_place, pitch, None if in_place else _offsets(params, pitch)),
            "block": block_fields(narrow, _CHANNELS[pitch]),
            "in_place": int(in_place),
            "together": _TOGETHER,
        },
        scratch=0 if in_place else _TOGETHER * pitch,
        distance={0: distance},
        sources=("bw_shallow_s8_mve", "bw_windows_s8_mve", "bw_copy_s8_mve"),
        instructions=_instructions(params, in_place, pitch),
    )


def _offsets(params: Conv, pitch: int) -> NDArray[Any] | None:
    """Of every byte of a window inside the input from its first; None where 16 bits do not bear them."""
    _, kernel_h, kernel_w, in_c = params.weights.shape
    window = params.window
    pixels = np.arange(kernel_h)[:, None] * (window.dilation[0] * window.input[1]) + np.arange(kernel_w)
    offsets = (pixels[:, :, None] * in_c + np.arange(in_c)).reshape(-1)
    if offsets.max() > _FURTHEST:
        return None
    return as_c(np.pad(offsets, (0, pitch - offsets.size)), np.uint16)


def run_distance(window: Window, batch: int, input_pixel: int, output_pixel: int, together: int) -> int:
    """The smallest safe distance where runs of single pixels, which end with their row, are read and then written."""
    height, width = window.output
    first = np.arange(0, width, together)
    rows = np.arange(batch * height)
    images = rows // height * window.input[0] + rows % height * window.stride[0]
    reads = (images[:, None] * window.input[1] + first * window.stride[1]) * input_pixel
    ends = (rows[:, None] * width + np.minimum(first + together, width)) * output_pixel
    return int((ends - reads).max())


def _instructions(params: Conv, in_place: bool, pitch: int) -> int:
    """As measured: outputs, channels of a run, and copying the windows."""
    channels = params.weights.shape[0]
    pixels = params.batch * math.prod(params.window.output)
    any_clamp = (params.requant.low, params.requant.high) != (-128, 127) or params.requant.zero_point != -128
    each = (4.5 if pitch == _VECTOR else 6.75) + any_clamp
    rows, width = flat(params.window).output if in_place else (1, pixels)
    runs = (params.batch * rows if in_place else 1) * -(-width // _TOGETHER)
    copying = 0 if in_place else pixels * 12 + _leaving(params.window) * params.batch * 120
    return int(pixels * channels * each) + runs * (120 + 25 * channels // _CHANNELS[pitch]) + copying


def _leaving(window: Window) -> int:
    """How many windows leave the input."""
    inside = 1
    for axis in (0, 1):
        starts = np.arange(window.output[axis]) * window.stride[axis] - window.before[axis]
        ends = starts + (window.kernel[axis] - 1) * window.dilation[axis]
        inside *= int(np.sum((starts >= 0) & (ends < window.input[axis])))
    return math.prod(window.output) - inside
