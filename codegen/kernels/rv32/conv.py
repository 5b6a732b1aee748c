"""Convolution on RV32."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import pair_distance, window_distance
from ..padding import padded_rows
from .steps import rescale_fields, without_excess

#: Absolute values of the weights of a segment, in sum, and by how much its dot products are too large.
_MOST, _EXCESS = 8191, 2**20


def lower_packed(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_rv32``: the windows of six pixels are packed into words before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    rescale = rescale_fields(narrow) if narrow is not None else None
    if narrow is None or rescale is None:
        return None
    channels, _, width, in_c = params.weights.shape
    weights = padded_rows(narrow.weights)
    taps = weights.shape[1]
    segment = _segment(weights)
    segments = -(-taps // segment)
    buffer = 0 if is_pointwise(params.window) else 4 * width * in_c
    return KernelCall(
        function="bw_conv_s8_rv32",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "taps": taps,
            "segment": segment,
            "weights": _in_fours(weights),
            "input_zero_point": params.input_zero_point,
            "rescale": without_excess(rescale, np.array(segments * _EXCESS)),
        },
        scratch=16 * taps + 64 * segments + buffer,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_tile_s8_rv32",),
        instructions=_packed_instructions(params, taps, segments),
    )


def lower_pairs(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_pairs``: two columns at a time."""
    narrow = narrow_conv(graph, node, params)
    if narrow is None:
        return None
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    buffered = not is_pointwise(params.window)
    return KernelCall(
        function="bw_conv_s8_pairs",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "weights": narrow.weights,
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=2 * narrow.weights.shape[1] if buffered else 0,
        distance={0: pair_distance(params.window, params.batch, in_c, channels, buffered)},
        sources=("bw_dot_pair_s8",),
    )


def _segment(weights: NDArray[np.int8]) -> int:
    """Taps, a multiple of four, in every segment but the last: the fewest segments whose dot products are exact."""
    taps = weights.shape[1]
    magnitudes = np.abs(weights.astype(np.int64))
    for segments in range(1, taps + 1):
        segment = 4 * -(-taps // (4 * segments))
        if np.add.reduceat(magnitudes, np.arange(0, taps, segment), axis=1).max(initial=0) <= _MOST:
            break
    return segment


def _in_fours(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """Weights [channels, taps] as [channels / 4][taps][4], missing channels of zeros."""
    channels, taps = weights.shape
    padded = np.pad(weights, ((0, -channels % 4), (0, 0)))
    return np.ascontiguousarray(padded.reshape(-1, 4, taps).transpose(0, 2, 1))


def _packed_instructions(params: Conv, taps: int, segments: int) -> int:
    channels, height, width, in_c = params.weights.shape
    pixels = params.batch * math.prod(params.window.output)
    sixes, threes = pixels // 6 + (pixels % 6 > 3), int(0 < pixels % 6 <= 3)
    blocks = -(-channels // 4)
    six = blocks * (163 * taps // 4 + 75 * segments) + 2 * channels * 50 + 2 * height * (110 + 13 * width * in_c)
    three = blocks * (91 * taps // 4 + 60 * segments) + channels * 50 + height * (110 + 13 * width * in_c)
    return sixes * six + threes * three
