"""Depthwise convolution of any window on Helium, sixteen channels at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ....converter.ir import Graph, Node
from ....converter.ops.depthwise_conv import DepthwiseConv
from ....converter.ops.window import Window
from ..call import KernelCall, as_c
from ..mac import window_fields
from ..narrow import NarrowChannels, narrow_depthwise_conv
from ..overlap import window_distance
from .packing import clamp_fields, column

_MOST_TAPS = 16
_NINE = 9  # taps, for which there is code without loops; others come in pairs
_LANES = 16
_PAIR = 255  # magnitude of two weights whose products fit 16 bits together
_COARSE = 127 - 32  # magnitude of eight bits, less the 2048ths of sixteen

#: Channels in the order in which two widenings of even and odd lanes leave them.
_ORDER = np.arange(_LANES).reshape(4, 4).T[[0, 2, 1, 3]].reshape(-1)


def lower(graph: Graph, node: Node, params: DepthwiseConv) -> KernelCall | None:
    """``bw_depthwise_conv_s8_channels_mve``: any stride and dilation, channels a multiple of four."""
    narrow = narrow_depthwise_conv(graph, node, params)
    if narrow is None or params.channels % 4 or narrow.weights.shape[1] > _MOST_TAPS:
        return None
    weights = _stored(narrow.weights)
    if not sums_fit(weights):
        return None
    window, channels = params.window, params.channels
    clamp = clamp_fields(narrow)
    flags = int(bool(clamp["signed_ties"])) | 2 * int((clamp["low"], clamp["high"]) != (-128, 127))
    begin, end = _inner(window)
    return KernelCall(
        function="bw_depthwise_conv_s8_channels_mve",
        params={
            "window": window_fields(window, params.batch, channels),
            "block": {
                "weights": _by_vectors(weights),
                "constants": _constants(narrow),
                "channels": channels,
                **{name: clamp[name] for name in ("output_zero_point", "low", "high")},
                "flags": flags,
                "taps": weights.shape[1],
            },
            "input_zero_point": params.input_zero_point,
            "inner_begin": begin,
            "inner_end": end,
        },
        scratch=channels,
        distance={0: window_distance(window, params.batch, channels, channels, buffered=False)},
        sources=("bw_channels_s8_mve",),
        instructions=_instructions(params, flags),
    )


def _stored(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """With one more tap where they are neither nine nor even."""
    taps = weights.shape[1]
    return np.pad(weights, ((0, 0), (0, 0 if taps == _NINE else taps % 2)))


def sums_fit(weights: NDArray[np.int8]) -> bool:
    """Whether two taps' products fit 16 bits together, and the 2048ths of all of them eight, less those of a sum."""
    magnitude = np.abs(weights.astype(np.int64))
    even = magnitude[:, 0::2].copy()
    even[:, : magnitude.shape[1] // 2] += magnitude[:, 1::2]
    return bool(np.all(even <= _PAIR) and np.all(magnitude.sum(axis=1) // 16 + even.shape[1] <= _COARSE))


def _inner(window: Window) -> tuple[int, int]:
    """The output columns whose windows do not leave the input at the sides."""
    starts = np.arange(window.output[1]) * window.stride[1] - window.before[1]
    inner = np.flatnonzero((starts >= 0) & (starts + (window.kernel[1] - 1) * window.dilation[1] < window.input[1]))
    return (int(inner[0]), int(inner[-1]) + 1) if inner.size else (-1, -1)


def _by_vectors(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """[sixteen channels][taps][channel]."""
    padded = np.pad(weights, ((0, -weights.shape[0] % _LANES), (0, 0)))
    return as_c(padded.reshape(-1, _LANES, weights.shape[1]).transpose(0, 2, 1), np.int8)


def _constants(narrow: NarrowChannels) -> NDArray[np.int32]:
    """Per sixteen channels eight words for each four of them, bias and multiplier, and sixteen bytes of left shifts."""
    bias, multiplier, shift = (
        column(narrow, name, _LANES).reshape(-1, _LANES)[:, _ORDER] for name in ("bias", "multiplier", "left")
    )
    pairs = np.stack([bias.reshape(-1, 4, 4), multiplier.reshape(-1, 4, 4)], axis=2).reshape(-1, 2 * _LANES)
    shifts = np.ascontiguousarray(shift.astype(np.int8)).view("<i4")
    return as_c(np.concatenate([pairs, shifts], axis=1), np.int32)


def _instructions(params: DepthwiseConv, flags: int) -> int:
    """As measured: sixteen channels, runs of pixels, and pixels on their own."""
    window = params.window
    groups = -(-params.channels // _LANES)
    taps = math.prod(window.kernel)
    group = (116 if taps == _NINE else 62 + 21 * -(-taps // 2)) + (8 if flags & 1 else 0) + (5 if flags & 2 else 0)
    begin, end = _inner(window)
    tops = np.arange(window.output[0]) * window.stride[0] - window.before[0]
    rows = int(np.sum((tops >= 0) & (tops + (window.kernel[0] - 1) * window.dilation[0] < window.input[0])))
    pixels = math.prod(window.output)
    calls = pixels - rows * max(end - begin - 1, 0)
    return params.batch * (pixels * (groups * group + 30) + calls * (100 + 12 * taps))
