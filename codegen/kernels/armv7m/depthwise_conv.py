"""3x3 depthwise convolution on Cortex-M3."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import KernelCall
from ..mac import window_fields
from ..narrow import narrow_depthwise_conv


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8_woven``: a channel after the other, row by row."""
    window, channels = params.window, params.channels
    narrow = narrow_depthwise_conv(graph, node, params) if _fits(window) else None
    if narrow is None:
        return None
    words = (window.output[1] - 1) * window.stride[1] + 3 - window.stride[1]
    return KernelCall(
        function="bw_depthwise_conv_3x3_s8_woven",
        params={
            "window": window_fields(window, params.batch, channels),
            "words": words,
            "weights": narrow.weights,
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * (3 * words + 15),
        distance={0: 0} if _in_place(window, params.batch) else {},
        exact=True,
        sources=("bw_woven_line_s8", "bw_woven_dot_s8"),
        instructions=_instructions(window, params.batch, channels, words),
    )


def _fits(window: Window) -> bool:
    return (
        (window.kernel, window.dilation) == ((3, 3), (1, 1))
        and window.stride[0] <= 3
        and window.stride[1] <= 2
        and window.before[1] <= 1
        and window.output[1] >= 3
        and window.input[1] >= 2
    )


def _in_place(window: Window, batch: int) -> bool:
    """Whether every row is woven before, or in the same turn as, outputs are written over it."""
    (height, width), (out_h, out_w) = window.input, window.output
    if height * width < out_h * out_w:
        return False
    turns = np.maximum(0, -(-(np.arange(height) + window.before[0] - 2) // window.stride[0]))
    turns[turns >= out_h] = -1  # never read
    images = np.arange(batch)[:, None] * out_h
    read = (np.where(turns < 0, -1, turns + images)).repeat(width, axis=1).reshape(-1)
    written = (np.arange(out_h) + images).repeat(out_w, axis=1).reshape(-1)
    return bool(np.all(read[: written.size] <= written))


def _instructions(window: Window, batch: int, channels: int, words: int) -> int:
    out_h, out_w = window.output
    woven = (out_h - 1) * window.stride[0] + 3
    line = -(-out_w // 3) * 70 + 80
    return channels * (150 + batch * (woven * (30 + 7 * words) + out_h * line))
