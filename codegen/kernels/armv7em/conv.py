"""Convolution on Armv7E-M."""

from __future__ import annotations

import math

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import fold_zero_point, window_fields
from ..narrow import narrow_conv
from ..overlap import window_distance
from .packing import channel_pairs, headed_pairs, words_of_pairs
from .rectified_pairs import PAIR_OFFSET, rectified_heads


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
        instructions=_instructions(params),
    )


def lower_triple(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_triple``: the windows of three pixels are widened to int16 before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    if narrow is None:
        return None
    bias = fold_zero_point(node, params.weights.reshape(channels, -1), params.bias, params.input_zero_point)
    form = rectified_heads(params.requant, narrow.weights, bias.astype(np.int64))
    pairs = words_of_pairs(narrow) if form is None else headed_pairs(form[1], form[0])
    if pairs is None:
        return None
    quads = -(-math.prod(params.weights.shape[1:]) // 4)
    return KernelCall(
        function="bw_conv_s8_triple",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "pairs": pairs,
            "input_zero_point": params.input_zero_point,
            "rectified": form is not None,
            "offset": 2 * params.requant.zero_point + 1 if form is None else PAIR_OFFSET,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        scratch=24 * quads + (12 * quads if in_c % 4 else in_c),
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_triple_s8", "bw_triple_rectified_s8", "bw_windows_s8", "bw_copies_s8"),
        instructions=_triple_instructions(params, form is not None),
    )


def _instructions(params: Conv) -> int:
    """As measured: 32 instructions per four taps of two channels and four pixels, then the outputs, then the copies."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    quads, pairs, pixels = -(-kernel_h * kernel_w * in_c // 4), -(-channels // 2), _pixels(params)
    copying = 0 if is_pointwise(params.window) else kernel_h * (84 + 2 * kernel_w * in_c)
    return -(-pixels // 4) * pairs * (32 * quads + 58) + pixels * (21 * channels + 44 + copying)


def _triple_instructions(params: Conv, rectified: bool) -> int:
    """As measured: 17 instructions per four taps of two channels and three pixels, then the outputs, then widening."""
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    quads, pairs, pixels = -(-kernel_h * kernel_w * in_c // 4), -(-channels // 2), _pixels(params)
    if in_c % 4:
        widening = 240 + 67 * kernel_h
    elif is_pointwise(params.window):
        widening = 70 + 8 * quads
    else:
        widening = 200 + 12 * quads + 39 * kernel_h
    outputs = 35 if rectified else 56
    return (pixels // 3 + pixels % 3) * (pairs * (17 * quads + 2 * -(-quads // 8) + outputs) + widening)


def _pixels(params: Conv) -> int:
    return params.batch * math.prod(params.window.output)
