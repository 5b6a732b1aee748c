"""Sums of several columns in fewer words: how many taps at a time are in range, proven from a layer's weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.fixedpoint import Int64
from ...converter.ir import Graph, Node
from ...converter.ops.conv import Conv
from .call import KernelCall, as_c
from .mac import window_fields
from .narrow import NarrowChannels, narrow_conv
from .overlap import window_distance

#: Sums that bw_woven_dot_s8.h gives back: -WOVEN <= sum < WOVEN.
WOVEN = 2**20
_REACH = 2**23  # biases are stored in 24 bits, and accumulators are below that

#: From channels and their heads to the rows of an instruction set's bw_woven_dot_s8.
Packing = Callable[[NarrowChannels, Int64], NDArray[Any]]


def woven_conv(
    graph: Graph, node: Node, params: Conv, columns: int, pack: Packing, most_parts: int
) -> KernelCall | None:
    """``bw_conv_s8_woven``: the windows of as many pixels as columns are woven before any of them is written."""
    narrow = narrow_conv(graph, node, params)
    heads = None if narrow is None else woven_heads(narrow)
    part = None if narrow is None else woven_part(narrow.weights, most_parts)
    if narrow is None or heads is None or part is None:
        return None
    channels, kernel_h, kernel_w, in_c = params.weights.shape
    return KernelCall(
        function="bw_conv_s8_woven",
        params={
            "window": window_fields(params.window, params.batch, in_c),
            "out_c": channels,
            "columns": columns,
            "part": part,
            "rows": as_c(pack(narrow, heads), np.int32),
            "input_zero_point": params.input_zero_point,
            "output_zero_point": params.requant.zero_point,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        scratch=(8 * columns // 3 * kernel_h + 4) * kernel_w * in_c,
        distance={0: window_distance(params.window, params.batch, in_c, channels, buffered=True)},
        sources=("bw_woven_dot_s8", "bw_weave_s8"),
    )


def woven_part(weights: NDArray[np.int8], most_parts: int) -> int | None:
    """The most taps, in parts as even as can be, whose sums of products with any int8 are in range for every channel.

    Args:
        weights: int8 [channels, taps].
    """
    wide = weights.astype(np.int64)
    low, high = np.minimum(wide * -128, wide * 127), np.maximum(wide * -128, wide * 127)
    taps = weights.shape[1]
    for parts in range(1, most_parts + 1):
        size = -(-taps // parts)
        starts = np.arange(0, taps, size)
        least, most = (np.add.reduceat(ends, starts, axis=1) for ends in (low, high))
        if least.min(initial=0) >= -WOVEN and most.max(initial=0) < WOVEN:
            return size
    return None


def woven_heads(narrow: NarrowChannels) -> Int64 | None:
    """[channels, 2]: bias << 8 | right shift - 1 and multiplier; None where an accumulator can need more bits."""
    bias, multiplier, right = (
        np.asarray(narrow.fields[name])[: len(narrow.weights)].astype(np.int64)
        for name in ("bias", "multiplier", "right")
    )
    reach = 128 * np.abs(narrow.weights.astype(np.int64)).sum(axis=1) + np.abs(bias)
    if reach.max(initial=0) >= _REACH:
        return None
    heads: Int64 = np.stack([bias << 8 | right - 1, multiplier], axis=1)
    return heads
