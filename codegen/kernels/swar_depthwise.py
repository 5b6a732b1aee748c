"""3x3 depthwise convolution of woven lines (bw_depthwise_conv_3x3_s8_woven.h)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...converter.fixedpoint import Int64
from ...converter.ir import Graph, Node
from ...converter.ops.depthwise_conv import DepthwiseConv
from .call import Field, KernelCall
from .narrow import narrow_depthwise_conv
from .swar import woven_heads


@dataclass(frozen=True)
class Cost:
    """Instructions for three outputs, and for a woven word."""

    turn: int
    word: int


@dataclass(frozen=True)
class _Axis:
    """One axis of the window; pixels from one element to the next in input and output."""

    inputs: int
    outputs: int
    stride: int
    pad: int
    in_step: int
    out_step: int

    def fields(self, channels: int) -> dict[str, Field]:
        """The C struct ``bw_woven_axis``."""
        fields: dict[str, Field] = dict(vars(self))
        return fields | {"in_step": self.in_step * channels, "out_step": self.out_step * channels}

    def places(self, count: int, step: int) -> Int64:
        return np.arange(count, dtype=np.int64) * step


def woven_depthwise(
    graph: Graph, node: Node, params: DepthwiseConv, columns: bool, cost: Cost, narrower: bool = False
) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8_woven``: a channel after the other, row by row or column by column.

    Args:
        narrower: accumulators must be below 2^23.
    """
    window, channels = params.window, params.channels
    down, right = (
        _Axis(window.input[i], window.output[i], window.stride[i], window.before[i], *steps)
        for i, steps in enumerate(((window.input[1], window.output[1]), (1, 1)))
    )
    lines, along = (right, down) if columns else (down, right)
    served = (window.kernel, window.dilation) == ((3, 3), (1, 1)) and lines.stride <= 3 and along.stride <= 2
    if not served or along.pad > 1 or along.outputs < 3 or along.inputs < 2:
        return None
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None or (narrower and woven_heads(narrow) is None):
        return None
    weights = narrow.weights.reshape(channels, 3, 3)
    words = (along.outputs - 1) * along.stride + 3 - along.stride
    return KernelCall(
        function="bw_depthwise_conv_3x3_s8_woven",
        params={
            "batch": params.batch,
            "channels": channels,
            "in_bytes": math.prod(window.input) * channels,
            "out_bytes": math.prod(window.output) * channels,
            "lines": lines.fields(channels),
            "along": along.fields(channels),
            "words": words,
            "weights": np.ascontiguousarray(weights.transpose(0, 2, 1) if columns else weights),
            **narrow.fields,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * (3 * words + 15),
        distance={0: 0} if _in_place(lines, along, params.batch) else {},
        exact=True,
        sources=("bw_woven_line_s8", "bw_woven_dot_s8"),
        instructions=channels * (300 + params.batch * _image_instructions(lines, along, words, cost)),
    )


def _in_place(lines: _Axis, along: _Axis, batch: int) -> bool:
    """Whether every pixel is woven before, or in the same turn as, an output is written over it."""
    sizes = lines.inputs * along.inputs, lines.outputs * along.outputs
    if sizes[0] < sizes[1]:
        return False
    turns = np.maximum(0, -(-(np.arange(lines.inputs) + lines.pad - 2) // lines.stride))
    turns[turns >= lines.outputs] = -1  # never read
    read, written = np.zeros((batch, sizes[0]), np.int64), np.zeros((batch, sizes[1]), np.int64)
    places = lines.places(lines.inputs, lines.in_step)[:, None] + along.places(along.inputs, along.in_step)
    outputs = lines.places(lines.outputs, lines.out_step)[:, None] + along.places(along.outputs, along.out_step)
    for image in range(batch):
        first = image * lines.outputs
        read[image, places] = np.where(turns < 0, -1, turns + first)[:, None]
        written[image, outputs] = np.arange(first, first + lines.outputs)[:, None]
    return bool(np.all(read.reshape(-1)[: written.size] <= written.reshape(-1)))


def _image_instructions(lines: _Axis, along: _Axis, words: int, cost: Cost) -> int:
    """Of one channel of an image: the lines of outputs, and the lines woven for them."""
    woven = (lines.outputs - 1) * lines.stride + 3
    return woven * (45 + cost.word * words) + lines.outputs * (-(-along.outputs // 3) * cost.turn + 60)
