"""Depthwise convolution on Armv7E-M."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall
from ..narrow import narrow_depthwise_conv
from ..taps import ALIGNING, POINTER, narrow_params, unbuffered_distance
from .packing import tap_pairs


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_dsp``: channels a multiple of four."""
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None or params.channels % 4:
        return None
    taps = narrow.weights.T
    pairs, pixels = (taps.shape[0] + 1) // 2, params.batch * math.prod(params.window.output)
    return KernelCall(
        function="bw_depthwise_conv_s8_dsp",
        params=narrow_params(params, narrow, tap_pairs(taps)),
        scratch=ALIGNING + 2 * POINTER * pairs + params.channels,
        distance={0: unbuffered_distance(params)},
        # As measured: 50 instructions per two taps of four channels, then pointers to the taps.
        instructions=pixels * (params.channels // 4 * (50 * pairs + 10) + 34 * taps.shape[0] + 4),
    )
