"""3x3 depthwise convolution of rectified layers on Armv7E-M."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....converter.fixedpoint import Int64
from ....converter.ir import DType, Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ..call import Field, KernelCall
from ..mac import fold_zero_point, stored_weights
from .rectified import rectified

_CHANNEL_BYTES = 60  # bw_depthwise_channel


@dataclass(frozen=True)
class _Axis:
    """One axis of the window, the pixels from one element to the next in input and output."""

    input: int
    output: int
    stride: int
    pad: int
    in_step: int
    out_step: int

    def fields(self, used: int, channels: int) -> dict[str, Field]:
        return {
            "used": used,
            "outputs": self.output,
            "stride": self.stride,
            "pad": self.pad,
            "in_step": self.in_step * channels,
            "out_step": self.out_step * channels,
        }


def lower_rows(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8`` row by row."""
    return _lower(graph, node, params, columns=False)


def lower_columns(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_3x3_s8`` column by column, where that runs in place."""
    call = _lower(graph, node, params, columns=True)
    return call if call is not None and call.distance else None


def _lower(graph: Graph, node: Node, params: DepthwiseConv, columns: bool) -> KernelCall | None:
    window, channels = params.window, params.channels
    rows, along = (
        _Axis(window.input[i], window.output[i], window.stride[i], window.before[i], in_step=step[0], out_step=step[1])
        for i, step in enumerate(((window.input[1], window.output[1]), (1, 1)))
    )
    lines = rows
    if columns:
        lines, along = along, rows
    served = window.kernel == (3, 3) and window.dilation == (1, 1) and lines.stride <= 3 and along.stride <= 2
    if not served or along.pad > 2 or channels % 4 or params.depth_multiplier != 1:
        return None
    zero_point = stored_weights(graph, node, 1)[1]
    if params.requant.dtype is not DType.INT8 or zero_point != 0:
        return None
    weights = params.weights.reshape(-1, channels).T
    folded = fold_zero_point(node, weights, params.bias, params.input_zero_point)
    form = rectified(params.requant, weights, folded.astype(np.int64))
    if form is None:
        return None
    kernels = form.weights.reshape(channels, 3, 3)
    if columns:
        kernels = kernels.transpose(0, 2, 1)
    words = -(-along.output // 2) * along.stride + 1
    pixels = (window.input[0] * window.input[1], window.output[0] * window.output[1])
    return KernelCall(
        function="bw_depthwise_conv_3x3_s8",
        params={
            "batch": params.batch,
            "channels": channels,
            "in_bytes": pixels[0] * channels,
            "out_bytes": pixels[1] * channels,
            "lines": lines.fields(lines.input, channels),
            "along": along.fields(min(along.input, 2 * words - along.pad), channels),
            "words": words,
            "weights": np.append(kernels.reshape(-1), np.int8(0)),
            "bias": form.bias,
            "multiplier": form.multiplier,
            "scale": form.scale,
            "offset": form.offset,
            "input_zero_point": params.input_zero_point,
        },
        scratch=4 * (_CHANNEL_BYTES + 12 * words),
        distance={0: 0} if _in_place(lines, along, params.batch) else {},
        exact=True,
        sources=("bw_depthwise_pairs_s8",),
        instructions=_estimate(lines, along, words, params.batch, channels),
    )


def _in_place(lines: _Axis, along: _Axis, batch: int) -> bool:
    """Whether every pixel of the input is widened before, or in the same turn as, the output pixel that is written
    over it."""

    def places(steps: tuple[int, int], sizes: tuple[int, int]) -> Int64:
        return np.arange(sizes[0])[:, None] * steps[0] + np.arange(sizes[1]) * steps[1]

    inputs = places((lines.in_step, along.in_step), (lines.input, along.input))
    outputs = places((lines.out_step, along.out_step), (lines.output, along.output))
    read = np.zeros((batch, inputs.size), np.int64)
    turn = np.maximum(0, -(-(np.arange(lines.input) + lines.pad - 2) // lines.stride))
    turn[turn >= lines.output] = -1  # never read
    for image in range(batch):
        read[image, inputs] = np.where(turn < 0, -1, turn + image * lines.output)[:, None]
    written = np.zeros((batch, outputs.size), np.int64)
    for image in range(batch):
        written[image, outputs] = (np.arange(lines.output) + image * lines.output)[:, None]
    shared = min(read.size, written.size)
    return written.size <= read.size and bool(np.all(read.reshape(-1)[:shared] <= written.reshape(-1)[:shared]))


def _estimate(lines: _Axis, along: _Axis, words: int, batch: int, channels: int) -> int:
    widened = (lines.output - 1) * lines.stride + 3
    pairs = -(-along.output // 2)
    line = 4 * (pairs * (24 + along.stride) + 32) + 25
    return channels // 4 * (400 + batch * (widened * (30 + 17 * words) + lines.output * line))
