"""Depthwise convolution on Helium."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ....converter.fixedpoint import Int64
from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import Field, KernelCall, as_c
from ..narrow import narrow_depthwise_conv
from .packing import clamp_fields

_MOST_TAPS = 4  # along and across lines
_LINES = 4  # of the input at hand
_TURNED = 80  # bytes of rotated weights
_FURTHEST = 8191  # bytes between neighbours along a line that 16-bit offsets bear


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_mve``: windows of up to 4x4 taps, along rows or columns, whichever costs less."""
    narrow = narrow_depthwise_conv(graph, node, params)
    window = params.window
    if narrow is None or not _served(window):
        return None
    axes = [axis for axis in (1, 0) if params.channels * (window.input[1] if axis == 0 else 1) <= _FURTHEST]
    if not axes:
        return None
    axis = min(axes, key=lambda axis: _instructions(params, axis))
    along, across = axis_fields(params, axis), axis_fields(params, 1 - axis)
    words = max(
        window.before[axis] + window.input[axis],
        (window.output[axis] - 1) * window.stride[axis] + _MOST_TAPS,
    )
    # [channel, kernel_h, kernel_w] -> [channel, along, across]
    weights = narrow.weights.reshape(-1, *window.kernel)
    weights = weights.transpose(0, 2, 1) if axis == 1 else weights
    constants = {name: narrow.fields[name] for name in ("bias", "multiplier", "right")}
    together = 2 if _pairs(window, axis) else 1
    in_place = reads_before_writing(window, axis)
    return KernelCall(
        function="bw_depthwise_conv_s8_mve",
        params={
            "batch": params.batch,
            "channels": params.channels,
            "in_image": math.prod(window.input) * params.channels,
            "out_image": math.prod(window.output) * params.channels,
            "along": along,
            "across": across,
            "together": together,
            "words": words,
            "weights": as_c(weights, np.int8),
            **constants,
            "input_zero_point": params.input_zero_point,
            **clamp_fields(narrow),
        },
        scratch=_TURNED + 4 * words + 4 * together * window.output[axis],
        distance={0: 0} if in_place else {},
        exact=True,
        sources=("bw_lines_s8_mve",),
        instructions=_instructions(params, axis),
    )


def _served(window: Window) -> bool:
    """Windows of neighbouring taps that leave no line out."""
    dense = all(step <= taps <= _MOST_TAPS for step, taps in zip(window.stride, window.kernel, strict=True))
    return dense and window.dilation == (1, 1)


def axis_fields(params: DepthwiseConv, axis: int) -> Mapping[str, Field]:
    """The C struct ``bw_axis_mve`` of rows (0) or columns (1)."""
    window = params.window
    return {
        "in": window.input[axis],
        "out": window.output[axis],
        "taps": window.kernel[axis],
        "stride": window.stride[axis],
        "pad": window.before[axis],
        "in_step": params.channels * (window.input[1] if axis == 0 else 1),
        "out_step": params.channels * (window.output[1] if axis == 0 else 1),
    }


def _pairs(window: Window, axis: int) -> bool:
    """Whether two lines along an axis are computed together."""
    return window.stride == (1, 1) and window.kernel[1 - axis] < _LINES


def reads_before_writing(window: Window, axis: int) -> bool:
    """Whether, in place, every line was read before an output overwrites a part of it."""
    other = 1 - axis
    together = 2 if _pairs(window, axis) else 1
    lines = np.arange(window.output[other])
    step = lines // together  # in which an output line is written
    last = np.minimum(lines | 1, lines[-1]) if together == 2 else lines
    ends = last * window.stride[other] - window.before[other] + window.kernel[other]  # lines read by then
    reads = np.searchsorted(ends, np.arange(window.input[other]), side="right")
    read_step = np.where(reads < lines.size, reads // together, -1)  # lines that nobody reads may go at any time
    writes = _spread(step, window.output, other)
    common = min(writes.size, math.prod(window.input))
    if writes.size > common:
        return False
    return bool(np.all(writes >= _spread(read_step, window.input, other)[:common]))


def _spread(steps: Int64, shape: tuple[int, int], axis: int) -> Int64:
    """Steps of lines as steps of every pixel, in raster order."""
    return np.broadcast_to(steps[:, None] if axis == 0 else steps[None, :], shape).reshape(-1)


def _instructions(params: DepthwiseConv, axis: int) -> int:
    """As measured, for lines along an axis."""
    window, other = params.window, 1 - axis
    pairs = _pairs(window, axis)
    length, lines = window.output[axis], window.output[other]
    ties = 2 * int(params.requant.low < params.requant.zero_point)
    if pairs:
        groups = -(-2 * length // 4) if axis == 1 else 2 * -(-length // 4)
        line = 9 * length // 2 + groups * (10 + ties) + 70 + (0 if axis == 1 else 20)
        work = -(-lines // 2) * line
    else:
        work = lines * (5 * length + -(-length // 4) * (10 + ties) + 50)
    inserted = min((lines - 1) * window.stride[other] + window.kernel[other], lines * window.kernel[other])
    work += inserted * (20 + 5 * -(-window.input[axis] // 8))
    return params.batch * params.channels * (work + 70)
