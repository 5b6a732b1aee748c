"""FULLY_CONNECTED on Armv7E-M."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.fully_connected import FullyConnected
from ..call import KernelCall
from ..narrow import narrow_fully_connected
from ..overlap import row_distance
from ..padding import fours
from .packing import channel_pairs, pairs_of_pairs, words_of_pairs


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
        scratch=2 * fours(depth),
        distance={0: row_distance(params.rows, depth, units, buffered=True)},
        sources=("bw_block_s8",),
        instructions=params.rows * (90 + 8 * -(-depth // 4) + -(-units // 2) * (16 + 15 * -(-depth // 4)) + 31 * units),
    )


def lower_four(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
    """``bw_fully_connected_s8_four``: a row is read while its results are written."""
    narrow = narrow_fully_connected(graph, node, params)
    words = words_of_pairs(narrow) if narrow is not None else None
    if narrow is None or words is None:
        return None
    units, depth = params.weights.shape
    return KernelCall(
        function="bw_fully_connected_s8_four",
        params={
            "rows": params.rows,
            "depth": depth,
            "units": units,
            "pairs": pairs_of_pairs(words),
            **{name: narrow.fields[name] for name in ("output_zero_point", "low", "high")},
        },
        distance={0: row_distance(params.rows, depth, units, buffered=False)},
        instructions=_estimate(params.rows, depth, units),
    )


def _estimate(rows: int, depth: int, units: int) -> int:
    quads = -(-depth // 4)
    four = 55 + 16 * quads + 2 * -(-quads // 8)
    alone = units % 4 in (1, 2)
    return rows * (60 + (units + 1) // 4 * four + alone * (60 + 13 * quads))
