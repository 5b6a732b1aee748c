"""FULLY_CONNECTED on Armv7E-M."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from .packing import channel_pairs


def lower(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_dsp``: a row is widened to int16 before any of its results is written."""
    narrow = narrow_fully_connected(graph, node, params)
    if narrow is None:
        return None
    units, depth = params.weights.shape
    return KernelCall(
        function="bw_fully_connected_s8_dsp",
        params={
            "rows": params.rows,
            "depth": depth,
            "units": units,
            "weights": channel_pairs(narrow.weights),
            **narrow.fields,
        },
        scratch=2 * (depth + -depth % 4),
        distance={0: row_distance(params.rows, depth, units, buffered=True)},
        sources=("bw_block_s8",),
    )
