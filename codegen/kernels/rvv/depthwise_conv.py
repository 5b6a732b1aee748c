"""Depthwise convolution on RVV."""

from __future__ import annotations

import math

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import Field, KernelCall
from ..mac import window_fields
from ..narrow import narrow_depthwise_conv
from .columns import LANES, group_distance, requantize_fields

_COLUMNS = 2  # computed together


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_rvv``: windows are read in place."""
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None:
        return None
    window, channels = params.window, params.channels
    return KernelCall(
        function="bw_depthwise_conv_s8_rvv",
        params={
            "window": window_fields(window, params.batch, channels),
            "weights": np.ascontiguousarray(narrow.weights.T),
            "requantize": requantize_fields(narrow),
            "input_zero_point": params.input_zero_point,
            **_inner(window),
            "sliding": int(_sliding(window)),
        },
        distance={0: group_distance(window, params.batch, channels, channels, _COLUMNS)},
        instructions=_instructions(params),
    )


def _inner(window: Window) -> dict[str, Field]:
    """Output columns whose windows do not leave the input at the sides."""
    starts = np.arange(window.output[1]) * window.stride[1] - window.before[1]
    reach = (window.kernel[1] - 1) * window.dilation[1] + 1
    inner = np.flatnonzero((starts >= 0) & (starts + reach <= window.input[1]))
    return (
        {"inner_begin": int(inner[0]), "inner_end": int(inner[-1]) + 1}
        if inner.size
        else dict.fromkeys(("inner_begin", "inner_end"), 0)
    )


def _sliding(window: Window) -> bool:
    """Whether neighbours' windows share two of three columns."""
    return (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1)


def _instructions(params: DepthwiseConv) -> int:
    """As measured at a VLEN of 128."""
    window, taps = params.window, math.prod(params.window.kernel)
    inner = _inner(window)
    begin, end = inner["inner_begin"], inner["inner_end"]
    assert isinstance(begin, int) and isinstance(end, int)
    pairs = (end - begin) // _COLUMNS
    singles = window.output[1] - _COLUMNS * pairs
    pair = 80 + taps * (9 if _sliding(window) else 13)
    row = pairs * pair + singles * (60 + taps * 14)
    return params.batch * window.output[0] * -(-params.channels // LANES) * row
