"""Depthwise convolution without strides on Helium: two by two outputs from one vector."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall, as_c
from ..narrow import NarrowChannels, narrow_depthwise_conv
from .depthwise_conv import axis_fields, reads_before_writing
from .packing import clamp_fields

_MOST_TAPS = 3  # along and across lines
_CHANNELS = 4  # at once
_FURTHEST = 20  # shift by which a zero point can be moved within 32 bits


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_planes_mve``: lines along rows or columns, whichever costs less."""
    narrow = narrow_depthwise_conv(graph, node, params)
    window = params.window
    if narrow is None or params.channels % _CHANNELS or window.stride != (1, 1) or window.dilation != (1, 1):
        return None
    if max(window.kernel) > _MOST_TAPS:
        return None
    clamp = clamp_fields(narrow)
    shifts = narrow.fields["right"]
    assert isinstance(shifts, np.ndarray)
    simple = not clamp["signed_ties"] and (clamp["low"], clamp["high"]) == (-128, 127) and shifts.max() <= _FURTHEST
    axis = min((1, 0), key=lambda axis: _instructions(params, axis, simple))
    strip = _strip(params, axis)
    return KernelCall(
        function="bw_depthwise_conv_s8_planes_mve",
        params={
            "batch": params.batch,
            "channels": params.channels,
            "in_image": math.prod(window.input) * params.channels,
            "out_image": math.prod(window.output) * params.channels,
            "along": axis_fields(params, axis),
            "across": axis_fields(params, 1 - axis),
            "strip": strip,
            "records": _records(narrow, window.kernel, axis),
            "input_zero_point": params.input_zero_point,
            **{name: clamp[name] for name in ("output_zero_point", "low", "high")},
            "simple": int(simple),
        },
        scratch=2 * strip,
        distance={0: 0} if reads_before_writing(window, axis) else {},
        exact=True,
        sources=("bw_planes_s8_mve",),
        instructions=_instructions(params, axis, simple),
    )


def _strip(params: DepthwiseConv, axis: int) -> int:
    """Bytes of two lines of four channels: what is there of the input, and what windows of two outputs touch."""
    window = params.window
    places = max(window.before[axis] + window.input[axis], window.output[axis] + window.output[axis] % 2 + 2)
    return 8 * (places + places % 2)


def _records(narrow: NarrowChannels, kernel: tuple[int, int], axis: int) -> NDArray[np.int8]:
    """Bias, multiplier, left shift and weights of every channel."""
    channels = narrow.weights.shape[0]
    weights = narrow.weights.reshape(-1, *kernel)
    weights = weights.transpose(0, 2, 1) if axis == 1 else weights
    fields = []
    for name, dtype in (("bias", "<i4"), ("multiplier", "<i4"), ("right", "i1")):
        values = narrow.fields[name]
        assert isinstance(values, np.ndarray)
        values = -values[:channels] if name == "right" else values[:channels]
        fields.append(np.ascontiguousarray(values, dtype).view(np.int8).reshape(channels, -1))
    return as_c(np.concatenate([*fields, weights.reshape(channels, -1)], axis=1), np.int8)


def _instructions(params: DepthwiseConv, axis: int, simple: bool) -> int:
    """As measured, for lines along an axis."""
    window = params.window
    length, lines = window.output[axis], -(-window.output[1 - axis] // 2)
    block = 16 if simple else 21
    line = -(-length // 2) * block + 45 + (10 if length % 2 else 0)
    brought = 10 * -(-window.input[axis] // 4) + 90
    group = _CHANNELS * lines * line + (lines + 1) * brought + 90 * lines
    return params.batch * params.channels // _CHANNELS * group
