"""Convolution on Armv7E-M."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import window_distance
from .packing import channel_pairs


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_dsp``: the windows of four pixels are widened to int16 before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    taps = math.prod(params.weights.shape[1:])
    depth = taps + -taps % 4
    return KernelCall(
        function="bw_conv_s8_dsp",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": channel_pairs(narrow.weights),
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=(8 if is_pointwise(params.window) else 9) * depth,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_block_s8",),
    )
