"""Convolution on XCV."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import is_pointwise
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_conv
from ..overlap import row_distance, window_distance
from .channels import tile_fields, tile_instructions


def lower(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_xcv``: four pixels at a time, their windows in scratch or, where they are pixels, in place."""
    fields = tile_fields(narrow_conv(graph, node, params))
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    if fields is None or channels % 4:
        return None
    taps = math.prod(params.weights.shape[1:])
    depth = taps + -taps % 4
    pixels = params.batch * math.prod(params.window.output)
    in_place = is_pointwise(params.window) and depth == in_c
    four, alone = (tile_instructions(depth, channels, n, bool(fields["rectified"])) for n in (4, 1))
    copy = 0 if in_place else 40 + params.window.kernel[0] * (25 + 3 * params.window.kernel[1] * in_c // 4)
    return KernelCall(
        function="bw_conv_s8_xcv",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            **fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=0 if in_place else 4 * depth,
        distance={
            0: row_distance(-(-pixels // 4), 4 * in_c, 4 * channels, buffered=False)
            if in_place
            else window_distance(params.window, params.batch, in_c, channels, buffered=True)
        },
        sources=("bw_tile_s8_xcv",),
        instructions=pixels // 4 * four + pixels % 4 * alone + pixels * copy,
    )
