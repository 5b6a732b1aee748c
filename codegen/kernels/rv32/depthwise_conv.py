"""Depthwise convolution on RV32."""

from __future__ import annotations

import math

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall
from ..narrow import narrow_depthwise_conv
from ..taps import ALIGNING, POINTER, narrow_params, unbuffered_distance


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_blocked``: four channels at a time."""
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None:
        return None
    taps = np.ascontiguousarray(narrow.weights.T)
    pixels = params.batch * math.prod(params.window.output)
    return KernelCall(
        function="bw_depthwise_conv_s8_blocked",
        params=narrow_params(params, narrow, taps),
        scratch=ALIGNING + POINTER * taps.shape[0] + params.channels,
        distance={0: unbuffered_distance(params)},
        instructions=pixels * (params.channels * (33 * len(taps) + 140) // 5 + 25 * len(taps) + 60),
    )
