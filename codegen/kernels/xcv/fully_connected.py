"""FULLY_CONNECTED on XCV."""

from __future__ import annotations

from dataclasses import replace

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from ..padding import fours, padded_rows
from .channels import channels_of, tile_fields, unit_instructions


def lower(graph: Graph, node: Node, params: FullyConnected, compact: bool = False) -> KernelCall | None:
    """``bw_fully_connected_s8_xcv``: four units at a time."""
    channels = channels_of(narrow_fully_connected(graph, node, params))
    units, depth = params.weights.shape
    if channels is None or (units % 4 and params.rows > 1):
        return None
    fields = tile_fields(replace(channels, weights=padded_rows(channels.weights)), compact)
    whole = fours(depth)
    alone = units % 4 * (60 + 3 * whole // 4)
    calls = 60 + (80 if units >= 8 else 0) + (190 if units // 4 % 2 else 0)
    each = calls + alone + unit_instructions(whole, units, fields["mode"])
    return KernelCall(
        function="bw_fully_connected_s8_xcv",
        params={"rows": params.rows, "depth": depth, "units": {"count": units, **fields}},
        scratch=whole if depth % 4 else 0,
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        sources=("bw_tile_s8_xcv",),
        cores="apart",
        instructions=params.rows * each,
    )
