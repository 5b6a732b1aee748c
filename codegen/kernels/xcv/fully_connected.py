"""FULLY_CONNECTED on XCV."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .channels import tile_fields, tile_instructions


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_xcv``: four units at a time."""
    fields = tile_fields(narrow_fully_connected(graph, node, params))
    units, depth = params.weights.shape
    if fields is None or (units % 4 and params.rows > 1):
        return None
    padded = depth + -depth % 4
    alone = units % 4 * (60 + 3 * padded // 4)
    return KernelCall(
        function="bw_fully_connected_s8_xcv",
        params={"rows": params.rows, "depth": depth, "units": units, **fields},
        scratch=padded if depth % 4 else 0,
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_tile_s8_xcv",),
        instructions=params.rows * (30 + alone + tile_instructions(padded, units, 1, bool(fields["rectified"]))),
    )
