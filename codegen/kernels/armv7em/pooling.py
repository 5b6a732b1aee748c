"""Pooling and means on Armv7E-M: four channels at a time."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.pooling import Pool
from ....converter.ops.reduce import Reduce
from ..call import Field, KernelCall
from ..mac import window_fields
from ..overlap import row_distance, window_distance

_MOST_TAPS = 256  # whose sum fits a halfword


def lower(graph: Graph, node: Node, params: Pool) -> KernelCall | None:
    """``bw_avgpool_s8_dsp`` or ``bw_max_pool_s8_dsp``."""
    window, average = params.window, node.op == "AVERAGE_POOL_2D"
    taps = math.prod(min(kernel, size) for kernel, size in zip(window.kernel, window.input, strict=True))
    if params.dtype is not DType.INT8 or params.channels % 4 or (average and taps > _MOST_TAPS):
        return None
    fields: dict[str, Field] = {
        "window": window_fields(window, params.batch, params.channels),
        "low": params.low,
        "high": params.high,
    }
    if average:
        fields["half_up"] = int(params.half_up)
    outputs = params.batch * math.prod(window.output) * params.channels
    return KernelCall(
        function="bw_avgpool_s8_dsp" if average else "bw_max_pool_s8_dsp",
        params=fields,
        # Four channels at a time: a pixel's window is still read while its first channels are written.
        distance={0: window_distance(window, params.batch, params.channels, params.channels, buffered=False)},
        instructions=outputs * (9 * taps // 8 + 40) if average else outputs * (6 * taps // 4 + 8),
    )


def lower_mean(graph: Graph, node: Node, params: Reduce) -> KernelCall | None:
    """``bw_mean_s8_dsp``: neighbouring axes with whole rows of channels behind them."""
    axes, shape = params.axes, params.shape
    together = bool(axes) and axes == tuple(range(axes[0], axes[-1] + 1))
    if params.dtype is not DType.INT8 or not together:
        return None
    count = math.prod(shape[axis] for axis in axes)
    outer, channels = math.prod(shape[: axes[0]]), math.prod(shape[axes[-1] + 1 :])
    if channels % 4 or count > _MOST_TAPS or not outer * channels:
        return None
    return KernelCall(
        function="bw_mean_s8_dsp",
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
        instructions=outer * channels * (5 * count // 4 + 30),
    )
