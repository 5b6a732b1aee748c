"""FULLY_CONNECTED on Helium."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .packing import block_fields


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_mve``: a row is read while its results are written."""
    narrow = narrow_fully_connected(graph, node, params)
    if narrow is None:
        return None
    units, depth = params.weights.shape
    groups = -(-units // 4)
    return KernelCall(
        function="bw_fully_connected_s8_mve",
        params={"rows": params.rows, "block": block_fields(narrow)},
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_block_s8_mve",),
        instructions=params.rows * (groups * (10 * -(-depth // 16) + 30) + 40),
    )
