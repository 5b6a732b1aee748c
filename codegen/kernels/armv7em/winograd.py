"""3x3 convolution by Winograd's F(2x2, 3x3) in integers on Armv7E-M; bw_winograd_s8.h states the transforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ....converter.ir import Graph, Node
from ....converter.ops.conv import Conv
from ....converter.ops.window import Window
from ..call import KernelCall, as_c
from ..mac import fold_zero_point, window_fields
from ..narrow import NarrowChannels, narrow_conv
from ..taps import ALIGNING, POINTER
from .rectified import Rectified, rectified

#: Rows and columns of the transformed weights in the order in which the kernel takes them.
_SPIRAL = (5, 9, 10, 6, 4, 8, 12, 13, 14, 15, 11, 7, 3, 2, 1, 0)
_TWICE_G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]], np.int64)
_TILES, _POSITIONS, _HEAD = 4, 16, 6
_MOST_STEPS = 32  # pairs of channels of a chunk
_SHIFT = 23  # the largest right shift
_LIMIT = 2**29  # accumulators below this magnitude can be taken four times in int32


@dataclass(frozen=True, eq=False)
class _Channels:
    """Transformed weights [channels, in_c, 4, 4], and the head of each channel: bias, multiplier, offset or shift."""

    weights: Int64
    heads: Int64


def lower_winograd(graph: Graph, node: Node, params: Conv) -> KernelCall | None:
    """``bw_conv_s8_winograd``: the windows of four tiles are transformed before any of them is written."""
    window, narrow = params.window, narrow_conv(graph, node, params)
    if (window.kernel, window.stride, window.dilation) != ((3, 3), (1, 1), (1, 1)) or narrow is None:
        return None
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    folded = fold_zero_point(node, params.weights.reshape(channels, -1), params.bias, params.input_zero_point)
    form = rectified(params.requant, narrow.weights, folded.astype(np.int64))
    fast = None if form is None else _rectified(form)
    served = fast or _rounded(narrow)
    if served is None:
        return None
    quads = -(-in_c // 4)
    chunks = -(-2 * quads // _MOST_STEPS)
    steps = -(-2 * quads // chunks)
    copies = 4 * quads * (1 + (16 * _TILES if in_c % 4 else 0))
    return KernelCall(
        function="bw_conv_s8_winograd",
        params={
            "window": window_fields(window, params.batch, in_c),
            "out_c": channels,
            "pairs": _words(served, chunks * steps),
            "steps": steps,
            "chunks": chunks,
            "input_zero_point": params.input_zero_point,
            "rectified": fast is not None,
            "offset": 2 * params.requant.zero_point + 1,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        scratch=chunks * (4 * _TILES * _POSITIONS * steps + 8 * _TILES * _POSITIONS)
        + ALIGNING
        + 16 * _TILES * POINTER
        + copies,
        distance={0: _distance(window, params.batch, in_c, channels)},
        sources=("bw_winograd_s8", "bw_winograd_outputs_s8"),
        instructions=_instructions(params, chunks, steps, fast is not None),
    )


def _instructions(params: Conv, chunks: int, steps: int, is_rectified: bool) -> int:
    """As measured, by groups of four tiles: 11 instructions per pair of input channels, position and two channels."""
    height, width = (-(-size // 2) for size in params.window.output)
    groups = -(-params.batch * height * width // _TILES)
    channels, in_c = params.weights.shape[0], params.weights.shape[3]
    sums = _POSITIONS * chunks * (11 * steps + 6) + (0 if chunks == 1 else 640)
    inputs = 500 + 660 * -(-in_c // 4) + (40 * (18 + 3 * in_c) if in_c % 4 else 0)
    return groups * (-(-channels // 2) * (sums + (440 if is_rectified else 535)) + inputs)


def _transformed(weights: NDArray[Any]) -> Int64:
    """int8 [channels, 9 * in_c] -> (2G) g (2G)' as [channels, in_c, 4, 4]."""
    kernels = weights.reshape(weights.shape[0], 3, 3, -1).transpose(0, 3, 1, 2).astype(np.int64)
    return _TWICE_G @ kernels @ _TWICE_G.T


def _rectified(form: Rectified) -> _Channels | None:
    """Weights in the scale of the channel's accumulator, which the transform has multiplied by four already."""
    scale = form.scale.astype(np.int64)
    live = np.any(form.weights != 0, axis=1)
    weights = _transformed(form.weights) << np.maximum(scale - 2, 0)[:, None, None, None]
    if np.any(live & (scale < 2)) or np.abs(weights).max(initial=0) >= 2**15:
        return None
    return _Channels(
        weights, np.stack([form.bias, form.multiplier, form.offset + ((1 << scale) >> 2)]).astype(np.int64)
    )


def _rounded(narrow: NarrowChannels) -> _Channels | None:
    channels = narrow.weights.shape[0]
    bias, multiplier, right = (
        np.asarray(narrow.fields[name])[:channels].astype(np.int64) for name in ("bias", "multiplier", "right")
    )
    reach = 128 * np.abs(narrow.weights.astype(np.int64)).sum(axis=1) + np.abs(bias)
    if reach.max(initial=0) >= _LIMIT or np.any((right < 1) | (right > _SHIFT)):
        return None
    return _Channels(_transformed(narrow.weights), np.stack([4 * bias, multiplier, right - 1]))


def _words(served: _Channels, steps: int) -> NDArray[Any]:
    """Pairs of output channels: their heads, then their weights by position and pair of input channels."""
    channels, in_c = served.weights.shape[:2]
    padded = np.zeros((channels + channels % 2, in_c + -in_c % 4, 16), np.int64)
    padded[:channels, :in_c] = served.weights.reshape(channels, in_c, 16)
    # [pair, channel, quad, input, position], inputs in the order 0, 2, 1, 3 -> [pair, position, step, channel, half]
    quads = padded.reshape(padded.shape[0] // 2, 2, -1, 4, 16)[:, :, :, [0, 2, 1, 3]][..., _SPIRAL]
    halves = quads.reshape(quads.shape[0], 2, -1, 2, 16).transpose(0, 4, 2, 1, 3)
    filled = np.pad(halves, ((0, 0), (0, 0), (0, steps - halves.shape[2]), (0, 0), (0, 0)))
    words = as_c(filled, np.int16).reshape(len(filled), -1).view("<i4")
    bias, multiplier, third = np.pad(served.heads, ((0, 0), (0, channels % 2))).reshape(3, -1, 2)
    heads = np.stack([bias[:, 0], bias[:, 1], multiplier[:, 0], third[:, 0], multiplier[:, 1], third[:, 1]], axis=1)
    return as_c(np.concatenate([heads, words], axis=1), np.int32)


def _distance(window: Window, batch: int, input_pixel: int, output_pixel: int) -> int:
    """The smallest safe distance: groups of four tiles read their windows, then write all their outputs."""
    (in_h, in_w), (out_h, out_w) = window.input, window.output
    image, top, left = np.meshgrid(np.arange(batch), np.arange(0, out_h, 2), np.arange(0, out_w, 2), indexing="ij")
    image, top, left = image.reshape(-1), top.reshape(-1), left.reshape(-1)
    row, column = np.clip(top - window.before[0], 0, in_h - 1), np.clip(left - window.before[1], 0, in_w - 1)
    first = ((image * in_h + row) * in_w + column) * input_pixel
    end = ((image * out_h + np.minimum(top + 1, out_h - 1)) * out_w + np.minimum(left + 2, out_w)) * output_pixel
    groups = np.arange(0, image.size, _TILES)
    reads = np.minimum.accumulate(np.minimum.reduceat(first, groups)[::-1])[::-1]
    ends = np.maximum.accumulate(np.maximum.reduceat(end, groups))
    # A single group is written after everything was read: any distance serves.
    return int((ends[:-1] - reads[1:]).max(initial=-batch * in_h * in_w * input_pixel))
