"""Convolution on XCV."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import NarrowChannels, narrow_conv
from ..overlap import row_distance, window_distance
from .channels import tile_fields, tile_instructions


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_xcv``: four pixels at a time, their windows in scratch or, where they are pixels, in place."""
    narrow = narrow_conv(graph, node, params)
    fields = tile_fields(None if narrow is None else _padded_rows(narrow, params))
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    if fields is None or channels % 4:
        return None
    height, taps = params.weights.shape[1], params.weights.shape[2] * in_c
    row = taps + -taps % 4
    depth = height * row
    pixels = params.batch * math.prod(params.window.output)
    in_place = is_pointwise(params.window) and depth == in_c
    four, alone = (tile_instructions(depth, channels, n, bool(fields["rectified"])) for n in (4, 1))
    copy = 0 if in_place else 70 + height * (15 + row * (2 if in_c % 4 == 0 else 4) // 4)
    return KernelCall(
        function="bw_conv_s8_xcv",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "row": row,
            **fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=0 if in_place else 4 * depth,
        distance={
            0: row_distance(-(-pixels // 4), 4 * in_c, 4 * channels, buffered=False)
            if in_place
            else window_distance(params.window, params.batch, in_c, channels, buffered=True)
        },
        sources=("bw_tile_s8_xcv", "bw_words_xcv"),
        instructions=pixels // 4 * four + pixels % 4 * alone + pixels * copy,
    )


def _padded_rows(narrow: NarrowChannels, params: Conv) -> NarrowChannels:
    """Every row of a window padded to whole words with weights of zero."""
    channels, height, width, in_c = params.weights.shape
    rows = narrow.weights.reshape(channels, height, width * in_c)
    padded = np.pad(rows, ((0, 0), (0, 0), (0, -(width * in_c) % 4)))
    return replace(narrow, weights=padded.reshape(channels, -1))
