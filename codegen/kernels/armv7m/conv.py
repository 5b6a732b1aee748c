"""Convolution on Cortex-M3."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import window_distance
from ..swar import woven_part
from .packing import woven_rows


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_woven``: the windows of three pixels are woven before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    rows = None if narrow is None else woven_rows(narrow)
    part = None if narrow is None else woven_part(narrow.weights)
    if narrow is None or rows is None or part is None:
        return None
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    return KernelCall(
        function="bw_conv_s8_woven",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "columns": 3,
            "part": part,
            "rows": rows,
            "input_zero_point": params.input_zero_point,
            "output_zero_point": params.requant.zero_point,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        scratch=8 * kernel_h * kernel_w * in_c + 4 * kernel_w * in_c,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_woven_dot_s8", "bw_weave_s8"),
        instructions=_instructions(params),
    )


def _instructions(params: Conv) -> int:
    """Four channels and three pixels at a time."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    turns = -(-params.batch * math.prod(params.window.output) // 3)
    depth = kernel_h * kernel_w * in_c
    return turns * (-(-channels // 4) * (13 * depth + 400) + 10 * depth + 150 * kernel_h)
