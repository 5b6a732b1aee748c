"""MEAN and SUM on RVV."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.reduce import Reduce
from ..call import KernelCall
from ..overlap import row_distance
from .columns import LANES


def lower_mean(graph: Graph, node: Node, params: Reduce) -> KernelCall | None:
    """``bw_mean_s8_rvv``: neighbouring axes with whole rows of channels behind them."""
    axes, shape = params.axes, params.shape
    together = bool(axes) and axes == tuple(range(axes[0], axes[-1] + 1))
    if params.dtype is not DType.INT8 or not together or not -31 <= params.shift <= 0:
        return None
    count = math.prod(shape[axis] for axis in axes)
    outer, channels = math.prod(shape[: axes[0]]), math.prod(shape[axes[-1] + 1 :])
    if not outer * channels * count:
        return None
    return KernelCall(
        function="bw_mean_s8_rvv",
        params={
            "outer": outer,
            "count": count,
            "channels": channels,
            "multiplier": params.multiplier,
            "right": -params.shift,
            "input_offset": -params.input_zero_point * count,
            "output_zero_point": params.output_zero_point,
        },
        distance={0: row_distance(outer, count * channels, channels, buffered=False)},
        instructions=outer * -(-channels // LANES) * (5 * count + 50),
    )
