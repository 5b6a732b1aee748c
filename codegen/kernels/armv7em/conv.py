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
from .packing import channel_pairs, words_of_pairs


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


def lower_triple(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_triple``: the windows of three pixels are widened to int16 before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    pairs = words_of_pairs(narrow) if narrow is not None else None
    if narrow is None or pairs is None:
        return None
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    quads = -(-math.prod(params.weights.shape[1:]) // 4)
    behind = 12 * quads if in_c % 4 else in_c
    return KernelCall(
        function="bw_conv_s8_triple",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "pairs": pairs,
            "input_zero_point": params.input_zero_point,
            **{name: narrow.fields[name] for name in ("output_zero_point", "low", "high")},
        },
        scratch=24 * quads + behind,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_triple_s8", "bw_windows_s8"),
        instructions=1,
    )
