"""3x3 depthwise convolution on RV32."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import KernelCall
from ..lines import Axis, axes, in_place
from ..narrow import narrow_depthwise_conv
from .steps import rescale_fields


def lower_rows(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_lines`` row by row."""
    return _lower(graph, node, params, columns=False)


def lower_columns(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_lines`` column by column, where that runs in place."""
    call = _lower(graph, node, params, columns=True)
    return call if call is not None and call.distance else None


def _lower(graph: Graph, node: Node, params: DepthwiseConv, columns: bool) -> KernelCall | None:
    window, channels = params.window, params.channels
    lines, along = axes(window, columns)
    served = window.kernel == (3, 3) and window.dilation == (1, 1) and lines.stride <= 3 and along.stride <= 2
    if not served or along.pad > 2 or channels % 4:
        return None
    narrow = narrow_depthwise_conv(graph, node, params)
    rescale = rescale_fields(narrow) if narrow is not None else None
    if narrow is None or rescale is None:
        return None
    kernels = narrow.weights.reshape(channels, 3, 3)
    if columns:
        kernels = kernels.transpose(0, 2, 1)
    pitch = (along.output - 1) * along.stride + 3
    used = min(along.input, pitch - along.pad)
    every = (lines.output - 1) * lines.stride + 3
    # All lines at once where that takes little beside the input.
    slots = every if 16 * every * pitch <= math.prod(window.input) * channels else 3
    pixels = (window.input[0] * window.input[1], window.output[0] * window.output[1])
    return KernelCall(
        function="bw_depthwise_conv_s8_lines",
        params={
            "batch": params.batch,
            "channels": channels,
            "in_bytes": pixels[0] * channels,
            "out_bytes": pixels[1] * channels,
            "lines": lines.fields(lines.input, channels),
            "along": along.fields(used, channels),
            "slots": slots,
            "pitch": pitch,
            "weights": kernels,
            "rescale": rescale,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * slots * pitch,
        distance={0: 0} if (slots > 3 and _shrinks(window)) or in_place(lines, along, params.batch) else {},
        exact=True,
        instructions=_estimate(lines, along, used, slots, params.batch, channels, rectified=rescale["tie"] == 0),
    )


def _shrinks(window: Window) -> bool:
    """Whether outputs of four channels, written after all of these were read, cover no others' inputs."""
    return math.prod(window.output) <= math.prod(window.input)


def _estimate(lines: Axis, along: Axis, used: int, slots: int, batch: int, channels: int, rectified: bool) -> int:
    copied = (lines.output - 1) * lines.stride + 3
    per_output = {1: 30, 2: 34}[along.stride] if rectified else 53
    calls = 1 if slots > 3 else lines.output
    channel = 125 * calls + lines.output * (45 + along.output * per_output)
    return channels // 4 * batch * (4 * channel + copied * (30 + 13 * used) + 80)
