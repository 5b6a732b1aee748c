"""Average pooling and means on XCV."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.pooling import Pool
from ....converter.ops.reduce import Reduce
from ..call import KernelCall
from ..mac import window_fields
from ..overlap import row_distance, window_distance


def lower(graph: Graph, node: Node, params: Pool) -> KernelCall | None:
    """``bw_avgpool_s8_xcv``: four channels at a time."""
    window, channels = params.window, params.channels
    if params.dtype is not DType.INT8 or channels % 4:
        return None
    rows, columns = (min(kernel, size) for kernel, size in zip(window.kernel, window.input, strict=True))
    outputs = params.batch * math.prod(window.output) * channels
    return KernelCall(
        function="bw_avgpool_s8_xcv",
        params={
            "window": window_fields(window, params.batch, channels),
            "low": params.low,
            "high": params.high,
            "half_up": int(params.half_up),
        },
        # Four channels at a time: a pixel's window is still read while its first channels are written.
        distance={0: window_distance(window, params.batch, channels, channels, buffered=False)},
        sources=("bw_sums_s8_xcv",),
        cores="apart",
        instructions=outputs * (rows * (5 * columns + 6) // 4 + 29),
    )


def lower_mean(graph: Graph, node: Node, params: Reduce) -> KernelCall | None:
    """``bw_mean_s8_xcv``: neighbouring axes with whole rows of channels behind them."""
    axes, shape = params.axes, params.shape
    together = bool(axes) and axes == tuple(range(axes[0], axes[-1] + 1))
    if params.dtype is not DType.INT8 or not together:
        return None
    count = math.prod(shape[axis] for axis in axes)
    outer, channels = math.prod(shape[: axes[0]]), math.prod(shape[axes[-1] + 1 :])
    if channels % 4 or not outer * count * channels:
        return None
    return KernelCall(
        function="bw_mean_s8_xcv",
        params={
            "outer": outer,
            "count": count,
            "channels": channels,
            "multiplier": params.multiplier,
            "shift": params.shift,
            "input_offset": -params.input_zero_point * count,
            "output_zero_point": params.output_zero_point,
        },
        distance={0: row_distance(outer, count * channels, channels, buffered=False)},
        sources=("bw_sums_s8_xcv",),
        cores="apart",
        instructions=outer * channels * (5 * count // 4 + 40),
    )
