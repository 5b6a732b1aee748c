"""Lowering of AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from ....converter.ir import DType, Graph, Node
from ....converter.ops.pooling import Pool
from ..call import Field, KernelCall
from ..mac import window_fields
from ..overlap import window_distance


def lower(graph: Graph, node: Node, params: Pool) -> KernelCall:
    """``bw_avgpool_s8/s16`` or ``bw_max_pool_s8/s16``."""
    suffix = "s8" if params.dtype is DType.INT8 else "s16"
    average = node.op == "AVERAGE_POOL_2D"
    fields: dict[str, Field] = {
        "window": window_fields(params.window, params.batch, params.channels),
        "low": params.low,
        "high": params.high,
    }
    if average:
        fields["half_up"] = int(params.half_up)
    pixel = params.channels * params.dtype.bytes
    # Channel by channel: a pixel's window is still read while its first channels are written.
    distance = window_distance(params.window, params.batch, pixel, pixel, buffered=False)
    name = "bw_avgpool" if average else "bw_max_pool"
    return KernelCall(f"{name}_{suffix}", fields, distance={0: distance})
