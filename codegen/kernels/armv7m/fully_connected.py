"""FULLY_CONNECTED on Cortex-M3."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall, as_c
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from ..swar import woven_heads
from .packing import rows_of_four


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_woven``."""
    narrow = narrow_fully_connected(graph, node, params)
    heads = None if narrow is None else woven_heads(narrow)
    if narrow is None or heads is None:
        return None
    units, depth = params.weights.shape
    offset = (narrow.weights.astype(np.int16) + 128).astype(np.uint8)
    pairs = -(-units // 8)
    return KernelCall(
        function="bw_fully_connected_s8_woven",
        params={
            "inputs": params.rows,
            "depth": depth,
            "units": units,
            "rows": as_c(rows_of_four(offset, heads), np.int32),
            "output_zero_point": params.requant.zero_point,
            "low": params.requant.low,
            "high": params.requant.high,
        },
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_woven_dot_s8",),
        instructions=params.rows * (pairs * (53 * depth // 4 + 260) + 5 * depth + 40),
    )
