"""Depthwise convolution of any kernel on RV32."""

from __future__ import annotations

import math

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import KernelCall
from ..lines import axes
from ..narrow import narrow_depthwise_conv
from .steps import rescale_fields

_BEHIND = 6  # bytes behind the planes that may be read


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_planes``, where the planes of four channels take little beside the input."""
    window, channels = params.window, params.channels
    columns = (window.output[0], window.kernel[0]) > (window.output[1], window.kernel[1])
    lines, along = axes(window, columns)
    taps, dilation = ((axis[::-1] if columns else axis) for axis in (window.kernel, window.dilation))
    rows, pitch = (
        (axis.output - 1) * axis.stride + (count - 1) * apart + 1
        for axis, count, apart in zip((lines, along), taps, dilation, strict=True)
    )
    inputs, outputs = math.prod(window.input), math.prod(window.output)
    if along.stride > 2 or channels % 4 or 16 * rows * pitch > inputs * channels:
        return None
    narrow = narrow_depthwise_conv(graph, node, params)
    rescale = rescale_fields(narrow) if narrow is not None else None
    if narrow is None or rescale is None:
        return None
    used = [max(0, min(axis.input, size - axis.pad)) for axis, size in ((lines, rows), (along, pitch))]
    kernels = narrow.weights.reshape(channels, *window.kernel)
    fours = -(-along.output // 4) * lines.output
    return KernelCall(
        function="bw_depthwise_conv_s8_planes",
        params={
            "batch": params.batch,
            "channels": channels,
            "in_bytes": inputs * channels,
            "out_bytes": outputs * channels,
            "lines": lines.fields(used[0], channels),
            "along": along.fields(used[1], channels),
            "rows": rows,
            "pitch": pitch,
            "taps_across": taps[0],
            "taps_along": taps[1],
            "dilation_across": dilation[0],
            "dilation_along": dilation[1],
            "weights": np.ascontiguousarray(kernels.transpose(0, 2, 1) if columns else kernels),
            "rescale": rescale,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * rows * pitch + _BEHIND,
        distance={0: 0} if outputs <= inputs else {},
        exact=True,
        instructions=params.batch
        * channels
        * (fours * (37 + taps[0] * (5 + 16 * taps[1])) + outputs * 15 + used[0] * (8 + 3 * used[1]) + 55),
    )
