"""FULLY_CONNECTED on RVV."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .columns import COLUMNS, columns_fields, columns_instructions


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_rvv``: three rows at a time."""
    narrow = narrow_fully_connected(graph, node, params)
    if narrow is None:
        return None
    units, depth = params.weights.shape
    groups = -(-params.rows // COLUMNS)
    return KernelCall(
        function="bw_fully_connected_s8_rvv",
        params={"rows": params.rows, "columns": columns_fields(narrow, 1, depth, depth)},
        distance={0: row_distance(groups, COLUMNS * depth, COLUMNS * units, buffered=False)},
        sources=("bw_columns_s8_rvv",),
        instructions=columns_instructions(units, 1, depth, params.rows),
    )
